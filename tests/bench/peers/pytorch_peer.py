"""The study's CNN in PyTorch. Modes in f32: contiguous, channels_last, compiled; in bf16: autocast (channels_last)."""

import torch
from torch import nn
from torch.nn import functional

from worker import LEARNING_RATE, arguments, images_and_labels, serve


def study_cnn():
    def conv(channels_in):
        return [nn.Conv2d(channels_in, 32, 3, padding="same"), nn.ReLU()]

    return nn.Sequential(
        *conv(1), *conv(32), nn.MaxPool2d(2),
        *conv(32), *conv(32), nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(512, 256), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(256, 256), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(256, 2),
    )


def main():
    args = arguments()
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    images, labels = images_and_labels(args.batch)
    x = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()
    y = torch.from_numpy(labels)
    model = study_cnn()
    if args.mode != "contiguous":
        x = x.to(memory_format=torch.channels_last)
        model = model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    compiled = torch.compile(model) if args.mode == "compiled" else model

    def forward(images):
        with torch.autocast("cpu", torch.bfloat16, enabled=args.mode == "autocast"):
            return compiled(images)

    def train():
        optimizer.zero_grad(set_to_none=True)
        loss = functional.cross_entropy(forward(x).float(), y)
        loss.backward()
        optimizer.step()
        loss.item()

    def infer():
        with torch.inference_mode():
            forward(x)

    model.train(args.task == "training")
    serve(train if args.task == "training" else infer, args.batch)


main()
