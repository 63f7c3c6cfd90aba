"""Weights between Cyclone and PyTorch: torch_weights.py FOLDER; exit code 77 if a package is missing.

For each of resnet20 and study: loads NAME-a.safetensors, which Cyclone wrote, into a network of PyTorch's own modules and
writes its logits for NAME.in (f32, N x H x W x C) to NAME-a.out; changes the weights, writes them to NAME-b.safetensors and
the logits to NAME-b.out.
"""

import pathlib
import sys

try:
    import numpy
    import torch
    from safetensors.torch import load_file, save_file
except ImportError as error:
    print(error)
    sys.exit(77)

from torch import nn
from torch.nn import functional

torch.set_num_threads(1)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.stride, self.more = stride, outputs - inputs

    def forward(self, x):
        y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        straight = x[:, :, :: self.stride, :: self.stride]
        return functional.relu(y + functional.pad(straight, (0, 0, 0, 0, 0, self.more)))


class ResNet20(nn.Module):
    image = (16, 16, 3)

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        sizes = [(16, 16, 1), (16, 32, 2), (32, 64, 2)]
        for i, (inputs, outputs, stride) in enumerate(sizes):
            blocks = [Block(inputs, outputs, stride)] + [Block(outputs, outputs, 1) for _ in range(2)]
            setattr(self, f"layer{i + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = functional.relu(self.bn1(self.conv1(x)))
        return self.fc(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


class Study(nn.Module):
    image = (16, 16, 1)

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.classifier = nn.Sequential(nn.Linear(512, 256), nn.ReLU(), nn.Dropout(), nn.Linear(256, 256), nn.ReLU(),
                                        nn.Dropout(), nn.Linear(256, 2))

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


folder = pathlib.Path(sys.argv[1])
torch.manual_seed(1)
for name, make in (("resnet20", ResNet20), ("study", Study)):
    network = make().eval()
    images = torch.from_numpy(numpy.fromfile(folder / f"{name}.in", "<f4").reshape(-1, *network.image)).permute(0, 3, 1, 2)
    with torch.no_grad():
        missing, unexpected = network.load_state_dict(load_file(folder / f"{name}-a.safetensors"), strict=False)
        assert not unexpected and all("num_batches_tracked" in m for m in missing), (missing, unexpected)
        network(images).numpy().astype("<f4").tofile(folder / f"{name}-a.out")
        for key, tensor in network.state_dict().items():
            if tensor.dtype == torch.float32:
                tensor.mul_(1 + 0.1 * torch.rand_like(tensor))
        save_file(network.state_dict(), folder / f"{name}-b.safetensors")
        network(images).numpy().astype("<f4").tofile(folder / f"{name}-b.out")
print("torch", torch.__version__)
