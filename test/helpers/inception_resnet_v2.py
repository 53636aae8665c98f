"""A second implementation of Inception-ResNet-v2, after Keras applications, for src/model/tables/inception-resnet-v2.ts.

    python test/helpers/inception_resnet_v2.py FOLDER

It reads FOLDER/weights.safetensors and `luma` [n, 1, 299, 299] of FOLDER/inputs.safetensors, takes the convolutions in
the order in which Keras makes them, and writes `predictions` [n, 1000, 1, 1] to FOLDER/outputs.safetensors.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor


class Network:
    """Keras's functional model: `conv2d_bn` numbers its layers; those with a name keep it."""

    def __init__(self, weights: dict[str, Tensor]):
        self.weights = weights
        self.count = 0

    def conv2d_bn(
        self, x: Tensor, filters: int, kernel, strides: int = 1, padding: str = "same", activation=F.relu, name: str = ""
    ) -> Tensor:
        if not name:
            self.count += 1
            name = f"conv2d_{self.count}"
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        rows, columns = (kernel, kernel) if isinstance(kernel, int) else kernel
        assert weight.shape == (filters, x.shape[1], rows, columns), name
        x = F.conv2d(x, weight, bias, stride=strides, padding="same" if padding == "same" else 0)
        return x if activation is None else activation(x)

    def block(self, x: Tensor, scale: float, block_type: str, index: int, activation: Callable | None = F.relu) -> Tensor:
        if block_type == "block35":
            branch_0 = self.conv2d_bn(x, 32, 1)
            branch_1 = self.conv2d_bn(x, 32, 1)
            branch_1 = self.conv2d_bn(branch_1, 32, 3)
            branch_2 = self.conv2d_bn(x, 32, 1)
            branch_2 = self.conv2d_bn(branch_2, 48, 3)
            branch_2 = self.conv2d_bn(branch_2, 64, 3)
            branches = [branch_0, branch_1, branch_2]
        elif block_type == "block17":
            branch_0 = self.conv2d_bn(x, 192, 1)
            branch_1 = self.conv2d_bn(x, 128, 1)
            branch_1 = self.conv2d_bn(branch_1, 160, [1, 7])
            branch_1 = self.conv2d_bn(branch_1, 192, [7, 1])
            branches = [branch_0, branch_1]
        else:
            branch_0 = self.conv2d_bn(x, 192, 1)
            branch_1 = self.conv2d_bn(x, 192, 1)
            branch_1 = self.conv2d_bn(branch_1, 224, [1, 3])
            branch_1 = self.conv2d_bn(branch_1, 256, [3, 1])
            branches = [branch_0, branch_1]
        mixed = torch.cat(branches, dim=1)
        up = self.conv2d_bn(mixed, x.shape[1], 1, activation=None, name=f"{block_type}_{index}_conv")
        x = x + up * scale
        return x if activation is None else activation(x)

    def run(self, x: Tensor) -> Tensor:
        x = self.conv2d_bn(x, 32, 3, strides=2, padding="valid")
        x = self.conv2d_bn(x, 32, 3, padding="valid")
        x = self.conv2d_bn(x, 64, 3)
        x = F.max_pool2d(x, 3, stride=2)
        x = self.conv2d_bn(x, 80, 1, padding="valid")
        x = self.conv2d_bn(x, 192, 3, padding="valid")
        x = F.max_pool2d(x, 3, stride=2)

        branch_0 = self.conv2d_bn(x, 96, 1)
        branch_1 = self.conv2d_bn(self.conv2d_bn(x, 48, 1), 64, 5)
        branch_2 = self.conv2d_bn(x, 64, 1)
        branch_2 = self.conv2d_bn(self.conv2d_bn(branch_2, 96, 3), 96, 3)
        pooled = F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)
        x = torch.cat([branch_0, branch_1, branch_2, self.conv2d_bn(pooled, 64, 1)], dim=1)
        for index in range(1, 11):
            x = self.block(x, 0.17, "block35", index)

        branch_0 = self.conv2d_bn(x, 384, 3, strides=2, padding="valid")
        branch_1 = self.conv2d_bn(self.conv2d_bn(x, 256, 1), 256, 3)
        branch_1 = self.conv2d_bn(branch_1, 384, 3, strides=2, padding="valid")
        x = torch.cat([branch_0, branch_1, F.max_pool2d(x, 3, stride=2)], dim=1)
        for index in range(1, 21):
            x = self.block(x, 0.1, "block17", index)

        branch_0 = self.conv2d_bn(self.conv2d_bn(x, 256, 1), 384, 3, strides=2, padding="valid")
        branch_1 = self.conv2d_bn(self.conv2d_bn(x, 256, 1), 288, 3, strides=2, padding="valid")
        branch_2 = self.conv2d_bn(self.conv2d_bn(x, 256, 1), 288, 3)
        branch_2 = self.conv2d_bn(branch_2, 320, 3, strides=2, padding="valid")
        x = torch.cat([branch_0, branch_1, branch_2, F.max_pool2d(x, 3, stride=2)], dim=1)
        for index in range(1, 10):
            x = self.block(x, 0.2, "block8", index)
        x = self.block(x, 1, "block8", 10, activation=None)

        x = self.conv2d_bn(x, 1536, 1, name="conv_7b")
        features = x.mean(dim=(2, 3))
        weight, bias = self.weights["predictions.weight"], self.weights["predictions.bias"]
        return F.linear(features, weight.flatten(1), bias)[:, :, None, None]


@torch.no_grad()
def main() -> None:
    folder = Path(sys.argv[1])
    luma = load_file(folder / "inputs.safetensors")["luma"]
    gray = (luma / 127.5 - 1).expand(-1, 3, -1, -1)
    network = Network(load_file(folder / "weights.safetensors"))
    save_file({"predictions": network.run(gray).contiguous()}, folder / "outputs.safetensors")


if __name__ == "__main__":
    main()
