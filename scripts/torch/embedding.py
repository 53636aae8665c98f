"""The scene's embedding: PyTorch runs the ONNX graph of the program's Inception v3.

ONNX Runtime would work too, but its GPU build must match the machine's CUDA. Also, a network's trunk starts with the
weights of these layers, so they are needed as tensors.
"""

from pathlib import Path

import onnx
import torch
import torch.nn.functional as F
from onnx import NodeProto, numpy_helper
from torch import Tensor

from colour import luma_of

# Side of the square picture that Inception takes, pixels (src/train/dataset/pictures/embedding-picture.ts).
SIDE_PX = 299
# Length of an embedding if the graph does not say it.
SIZE = 2048
# Name of the graph's input: luma [n, 1, 299, 299], 0..255. It has one output, [n, 2048].
PICTURE = "picture"


class Inception:
    """Inception v3 without its classifier."""

    def __init__(self, path: Path, device: torch.device):
        """Reads the graph, and computes everything that does not depend on the picture: weights from 8-bit codes."""
        graph = onnx.load(path).graph
        self.device = device
        self.output = graph.output[0].name
        # Length of an embedding.
        self.size = graph.output[0].type.tensor_type.shape.dim[1].dim_value or SIZE
        # Values by name: constants, weights.
        self.known = {one.name: torch.tensor(numpy_helper.to_array(one), device=device) for one in graph.initializer}
        self.nodes: list[NodeProto] = []
        for node in graph.node:
            if all(name in self.known for name in node.input):
                self.known[node.output[0]] = value_of(node, [self.known[name] for name in node.input])
            else:
                self.nodes.append(node)
        for name, value in self.known.items():
            if value.dim() == 4:
                self.known[name] = value.contiguous(memory_format=torch.channels_last)

    def layers(self) -> dict[str, Tensor]:
        """The convolutions' tensors, not copies: `<layer>.weight` [out, in, rows, columns] and `<layer>.bias` [out]."""
        found = {}
        for node in self.nodes:
            if node.op_type == "Conv":
                _, weight, bias = node.input
                found[bias.removesuffix(".bias") + ".weight"] = self.known[weight]
                found[bias] = self.known[bias]
        return found

    def run(self, luma: Tensor) -> Tensor:
        """Luma [n, 1, 299, 299], 0..255, to embeddings [n, 2048]."""
        values = {**self.known, PICTURE: luma}
        for node in self.nodes:
            values[node.output[0]] = value_of(node, [values[name] for name in node.input])
        return values[self.output]

    @torch.no_grad()
    def embed(self, rgb: Tensor) -> Tensor:
        """Photos [n, 3, h, w], 0..255, to embeddings [n, 2048]: the mean of the photo's and its mirror image's."""
        at_once = 128 if self.device.type == "cuda" else 8
        return torch.cat([self.embed_some(some.to(self.device).float()) for some in rgb.split(at_once)])

    def embed_some(self, rgb: Tensor) -> Tensor:
        """The same as `embed`, for as many photos as fit into memory."""
        luma = luma_of(rgb)
        return (self.embed_luma(luma) + self.embed_luma(luma.flip(3))) / 2

    def embed_luma(self, luma: Tensor) -> Tensor:
        """Luma [n, 1, h, w], 0..255, to embeddings [n, 2048], for as many pictures as fit into memory."""
        square = F.interpolate(luma, (SIDE_PX, SIDE_PX), mode="bicubic", antialias=True, align_corners=False)
        return self.run(square.round().clamp(0, 255))


def value_of(node: NodeProto, inputs: list[Tensor]) -> Tensor:
    """Runs one node on its inputs. Raises ValueError for an operator that is not supported."""
    settings = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
    match node.op_type:
        case "Cast" if settings["to"] == onnx.TensorProto.FLOAT:
            return inputs[0].float()
        case "Add":
            return inputs[0] + inputs[1]
        case "Sub":
            return inputs[0] - inputs[1]
        case "Mul":
            return inputs[0] * inputs[1]
        case "Div":
            return inputs[0] / inputs[1]
        case "Conv":
            return F.conv2d(*inputs, stride=settings["strides"], padding=padding_of(node, settings))
        case "Relu":
            return F.relu(inputs[0])
        case "MaxPool":
            padding = padding_of(node, settings)
            return F.max_pool2d(inputs[0], settings["kernel_shape"], settings["strides"], padding)
        case "AveragePool":
            padding = padding_of(node, settings)
            kernel, stride = settings["kernel_shape"], settings["strides"]
            return F.avg_pool2d(inputs[0], kernel, stride, padding, count_include_pad=False)
        case "Concat":
            return torch.cat(inputs, dim=settings["axis"])
        case "Flatten" if settings["axis"] == 1:
            return inputs[0].flatten(1)
        case "Identity":
            return inputs[0]
    raise ValueError(f"{node.output[0]}: expected an operator of Inception v3 but got {node.op_type} {settings}")


def padding_of(node: NodeProto, settings: dict) -> tuple[int, int]:
    """The numbers of rows and columns that are added on each side."""
    top, left, bottom, right = settings.get("pads", (0, 0, 0, 0))
    if (top, left) != (bottom, right):
        raise ValueError(f"{node.output[0]}: expected the same padding on opposite sides but got {settings['pads']}")
    return top, left
