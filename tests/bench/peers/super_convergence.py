"""ResNet-20 with one cycle in PyTorch: the twin of examples/super_convergence, on the same files.

    python3 tests/bench/peers/super_convergence.py CIFAR --epochs 15 --seed 1

CIFAR holds train/<class>/ and test/<class>/ with images. Same network (He et al. 2015, shortcut without weights),
initialisation, batches, mirrored images, standardisation per channel, rate, momentum and weight decay; other random
numbers. Needs torch, numpy and pillow.
"""

import argparse
import pathlib
import time

import numpy
import torch
from PIL import Image
from torch import nn
from torch.nn import functional


class Block(nn.Module):
    def __init__(self, channels_in, channels, stride, momentum):
        super().__init__()
        self.stride, self.more = stride, channels - channels_in
        self.body = nn.Sequential(
            nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(channels, momentum=momentum), nn.ReLU(),
            nn.Conv2d(channels, channels, 3, 1, 1, bias=False),
            nn.BatchNorm2d(channels, momentum=momentum))

    def forward(self, x):
        kept = x[:, :, ::self.stride, ::self.stride]
        before = self.more // 2
        return functional.relu(self.body(x) + functional.pad(kept, (0, 0, 0, 0, before, self.more - before)))


def resnet20(momentum):
    layers, channels_in = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16, momentum=momentum), nn.ReLU()], 16
    for channels in (16, 32, 64):
        for block in range(3):
            layers.append(Block(channels_in, channels, 2 if channels > 16 and block == 0 else 1, momentum))
            channels_in = channels
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
    return model.to(memory_format=torch.channels_last)


def load(folder):
    images, labels = [], []
    for label, name in enumerate(sorted(p.name for p in folder.iterdir() if p.is_dir())):
        for path in sorted((folder / name).iterdir()):
            images.append(numpy.asarray(Image.open(path).convert("RGB")))
            labels.append(label)
    return numpy.stack(images), torch.tensor(labels)


def as_input(images, mean, deviation):
    x = (images.astype(numpy.float32) - mean) / deviation
    return torch.from_numpy(x).permute(0, 3, 1, 2)  # NHWC in memory: channels_last


def accuracy(model, x, y):
    model.eval()
    with torch.inference_mode():
        right = sum((model(x[i:i + 500]).argmax(1) == y[i:i + 500]).sum().item() for i in range(0, len(x), 500))
    model.train()
    return 100 * right / len(x)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(args.seed)

    images, y = load(args.data / "train")
    mean, deviation = (f((0, 1, 2)).astype(numpy.float32) for f in (images.mean, images.std))
    x = as_input(images, mean, deviation)
    test_images, test_y = load(args.data / "test")
    test_x = as_input(test_images, mean, deviation)

    model = resnet20(momentum=0.05)
    optimizer = torch.optim.SGD(model.parameters(), lr=1, momentum=0.9, weight_decay=1e-4)
    base, top = 0.1 * args.batch / 1000, 3.0 * args.batch / 1000
    per_epoch = len(x) // args.batch
    half = args.epochs * per_epoch / 2
    update = 0
    for epoch in range(args.epochs):
        begin, total = time.time(), 0.0
        for batch in torch.randperm(len(x))[:per_epoch * args.batch].view(per_epoch, -1):
            for group in optimizer.param_groups:
                group["lr"] = base + (top - base) * (1 - abs(update / half - 1))
            pixels = x[batch].contiguous(memory_format=torch.channels_last)
            mirrored = torch.rand(len(pixels)) < 0.5
            pixels[mirrored] = pixels[mirrored].flip(3)
            loss = functional.cross_entropy(model(pixels), y[batch])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            total += loss.item()
            update += 1
        seconds = time.time() - begin
        print(f"epoch {epoch + 1:3d}  loss {total / per_epoch:.4f}  test accuracy "
              f"{accuracy(model, test_x, test_y):.2f} %  {per_epoch * args.batch / seconds:.0f} images/s", flush=True)


main()
