"""The program's colour science for batches of pictures (src/model/color/lab.ts, src/evaluate/metrics/colourfulness.ts).

`rgb` is [n, 3, h, w] R', G', B' of sRGB, 0..255; `luma` is [n, 1, h, w], 0..255; `lab` is [n, 3, h, w] L* (0..100), a*,
b* under D65. All are float. Results are new tensors on the device of the inputs.
"""

import torch
from torch import Tensor

# Luma's weights, BT.601.
LUMA_WEIGHTS = ((0.299, 0.587, 0.114),)
# Linear light of sRGB's primaries to X, Y, Z, and back.
# See http://www.brucelindbloom.com/index.html?Eqn_RGB_XYZ_Matrix.html
XYZ_OF_LINEAR = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
LINEAR_OF_XYZ = (
    (3.2404542, -1.5371385, -0.4985314),
    (-0.9692660, 1.8760108, 0.0415560),
    (0.0556434, -0.2040259, 1.0572252),
)
# X and Z of D65, 2 degree observer (ASTM E308), for Y = 1.
WHITE_X = 0.95047
WHITE_Z = 1.08883
# Below EPSILON Lab uses a line instead of the cube root; the inverse uses the line below CUBE_FROM.
EPSILON = 0.008856
LINE_SLOPE = 7.787
LINE_OFFSET = 16 / 116
CUBE_FROM = LINE_SLOPE * EPSILON + LINE_OFFSET
# Roots are taken of at least this: at 0 their slope is infinite.
TINY = 1e-9


def luma_of(rgb: Tensor) -> Tensor:
    """Luma as the network sees it: full range, whole numbers."""
    return mixed(rgb, LUMA_WEIGHTS).round()


def lightness_of(luma: Tensor) -> Tensor:
    """L* of a gray pixel with this luma, [n, 1, h, w], 0..100."""
    return 116 * lab_curve(linear_of(luma / 255)) - 16


def lab_of(rgb: Tensor) -> Tensor:
    """sRGB to CIE L*a*b*."""
    x, y, z = mixed(linear_of(rgb / 255), XYZ_OF_LINEAR).split(1, dim=1)
    fx, fy, fz = lab_curve(x / WHITE_X), lab_curve(y), lab_curve(z / WHITE_Z)
    return torch.cat([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], dim=1)


def rgb_of(lab: Tensor) -> Tensor:
    """CIE L*a*b* to sRGB; colours outside sRGB are clipped in linear light."""
    lightness, a, b = lab.split(1, dim=1)
    fy = (lightness + 16) / 116
    x, y, z = (
        WHITE_X * inverse_lab_curve(fy + a / 500),
        inverse_lab_curve(fy),
        WHITE_Z * inverse_lab_curve(fy - b / 200),
    )
    return 255 * srgb_of(mixed(torch.cat([x, y, z], dim=1), LINEAR_OF_XYZ))


def colourfulness(rgb: Tensor) -> Tensor:
    """Colourfulness of each picture, [n]: 0 is gray, about 100 is extremely colourful.

    This is the paper's formula, with signed differences. The program's metric takes their absolute values, so its
    figures are smaller. See Hasler, Suesstrunk, "Measuring colourfulness in natural images", SPIE 5007, 2003.
    """
    red, green, blue = rgb.flatten(2).unbind(dim=1)
    red_green = red - green
    yellow_blue = (red + green) / 2 - blue
    variance = red_green.var(dim=1, unbiased=False) + yellow_blue.var(dim=1, unbiased=False)
    return variance.sqrt() + 0.3 * torch.hypot(red_green.mean(dim=1), yellow_blue.mean(dim=1))


def mixed(planes: Tensor, matrix: tuple[tuple[float, ...], ...]) -> Tensor:
    """Applies a matrix to planes [n, c, h, w]: each row holds the weights of one plane of the result.

    The sum is computed term by term. A matrix product on the GPU may use TF32, whose ten bits err by 0.1 Lab units.
    """
    parts = planes.split(1, dim=1)
    return torch.cat([sum(weight * part for weight, part in zip(row, parts, strict=True)) for row in matrix], dim=1)


def linear_of(value: Tensor) -> Tensor:
    """The sRGB curve: display value to linear light, 0..1."""
    return torch.where(value <= 0.04045, value / 12.92, ((value.clamp(min=0) + 0.055) / 1.055) ** 2.4)


def srgb_of(linear: Tensor) -> Tensor:
    """The inverse sRGB curve: linear light to display value, clipped to 0..1."""
    linear = linear.clamp(0, 1)
    return torch.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear.clamp(min=TINY) ** (1 / 2.4) - 0.055)


def lab_curve(ratio: Tensor) -> Tensor:
    """The function f of CIE 15: a cube root, with a line near black."""
    return torch.where(ratio > EPSILON, ratio.clamp(min=TINY) ** (1 / 3), LINE_SLOPE * ratio + LINE_OFFSET)


def inverse_lab_curve(value: Tensor) -> Tensor:
    """The inverse of `lab_curve`."""
    return torch.where(value > CUBE_FROM, value**3, (value - LINE_OFFSET) / LINE_SLOPE)
