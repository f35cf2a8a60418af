"""From factors to pictures and landmarks, on the processor or a GPU."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from gan.critters import shading
from gan.critters.anatomy import Anatomy, anatomy
from gan.critters.body import part_ids, parts
from gan.critters.camera import HALF_VIEW, pixel_centres
from gan.critters.factors import FACTOR_COUNT
from gan.critters.kernels import can_compile, make_kernels
from gan.critters.landmarks import landmarks_px
from gan.critters.look import Look, look
from gan.critters.tracer import MISS, Rays, Scene, landing_points, shade, trace
from gan.devices import resolve_device
from gan.errors import LiveDragError

RENDERER_VERSION = 2  # raised whenever the picture of a given z changes visibly
RESOLUTIONS = (16, 1024)
VECTOR_ROWS = 16
# On a GPU, at least and at most; more keep it no busier, and pass 2^31 numbers.
RAYS_AT_ONCE = (1 << 20, 1 << 22)
RAY_BYTES = 4096  # that tracing and shading one takes at most
MEMORY_SHARE = 0.4  # of what a GPU has free, that rays may take
EDGE_CONTRAST = 0.055  # of display values: where neighbours differ by more, a pixel gets more samples
# within a pixel, besides its centre: a rotated grid serves upright and level edges best; mirrored in the left
# half of the picture, so that the mirrored critter gives the mirrored picture
SUBSAMPLES = ((-0.125, -0.375), (0.375, -0.125), (0.125, 0.375), (-0.375, 0.125))


class CritterError(LiveDragError):
    """Critters cannot be rendered as asked."""


@dataclass(frozen=True)
class CritterBatch:
    """Pictures of critters and where their landmarks are."""

    pictures: Tensor  # (N, 3, H, W) uint8
    landmarks_px: Tensor  # (N, 12, 2) float32, (x, y), the top left pixel's centre is (0, 0)


class CritterRenderer:
    """Renders critters at one resolution. A picture depends on its own factors alone, not on its batch."""

    def __init__(
        self, resolution: int, device: str | torch.device = "cpu", compiled: bool | None = None
    ) -> None:
        """compiled: fuse the work by torch.compile, minutes of work once a machine; None: where that works.

        Raises CritterError on a resolution out of range, DeviceError on a device that is not there.
        """
        low, high = RESOLUTIONS
        if not low <= resolution <= high:
            raise CritterError(f"resolution {resolution} is out of range; give {low} to {high} pixels")
        self.resolution = resolution
        self.device = resolve_device(device)
        wanted = can_compile(self.device) if compiled is None else compiled
        self._kernels = make_kernels(wanted, may_fall_back=compiled is None)
        self.pictures_at_once = _pictures_at_once(resolution, self.device)

    @torch.no_grad()
    def render(self, z: Tensor) -> CritterBatch:
        """Pictures and landmarks of factors z (N, FACTOR_COUNT)."""
        z = self._checked(z)
        pictures = torch.empty(
            len(z), 3, self.resolution, self.resolution, dtype=torch.uint8, device=self.device
        )
        shape, seen = self._tables(z)
        for chunk in self._chunks(len(z)):
            scene = Scene(shape[:, chunk], seen[:, chunk], self.resolution, self._kernels)
            pictures[chunk] = self._pictures(scene)
        return CritterBatch(pictures, landmarks_px(Anatomy(*shape.unbind(0)), self.resolution))

    @torch.no_grad()
    def render_parts(self, z: Tensor) -> Tensor:
        """(N, H, W) uint8: the part seen at each pixel's centre, an index into body.PART_NAMES."""
        z = self._checked(z)
        ids = torch.zeros(len(z), self.resolution**2, dtype=torch.uint8, device=self.device)
        shape, seen = self._tables(z)
        for chunk in self._chunks(len(z)):
            scene = Scene(shape[:, chunk], seen[:, chunk], self.resolution, self._kernels)
            rays = self._centre_rays(scene.anatomy.shape[1])
            t = trace(scene, rays)
            hit = torch.nonzero(t < MISS)[:, 0]  # sync: hits are counted
            points, table = landing_points(scene, rays[hit], t[hit])
            found = part_ids(parts(points[0], points[1], points[2], Anatomy(*table.unbind(0))))
            ids[chunk].view(-1)[hit] = found
        return ids.view(len(z), self.resolution, self.resolution)

    def _checked(self, z: Tensor) -> Tensor:
        if z.ndim != 2 or z.shape[1] != FACTOR_COUNT:
            raise CritterError(f"factors have the shape {tuple(z.shape)}; give (N, {FACTOR_COUNT})")
        if not bool(torch.isfinite(z).all()):  # sync: a NaN would be a picture of the backdrop
            raise CritterError("factors hold a number that is not finite; give numbers near N(0, 1)")
        return z.to(self.device, torch.float32)

    def _tables(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Anatomy and Look of all rows, (fields, N)."""
        # whole vectors: the scalar loop for the rest of one differs in the last bit, and batches would show
        padded = functional.pad(z, (0, 0, 0, -len(z) % VECTOR_ROWS))
        shape, seen = torch.stack(anatomy(padded)), torch.stack(look(padded))
        return shape[:, : len(z)].contiguous(), seen[:, : len(z)].contiguous()

    def _chunks(self, count: int) -> list[slice]:
        """The rows that are rendered at once."""
        at_once = self.pictures_at_once
        return [slice(i, min(i + at_once, count)) for i in range(0, count, at_once)]

    def _centre_rays(self, count: int) -> Rays:
        u, v = pixel_centres(self.resolution, self.device)
        picture = torch.arange(count, device=self.device).repeat_interleave(u.shape[0])
        return Rays(picture, u.repeat(count), v.repeat(count))

    def _pictures(self, scene: Scene) -> Tensor:
        """(N, 3, H, W) uint8."""
        count = scene.anatomy.shape[1]
        rays = self._centre_rays(count)
        size = (count, self.resolution, self.resolution)
        t = trace(scene, rays)
        light = _radiance(scene, rays, t)  # (3, N * H * W)
        edges = torch.nonzero(_edges(light.view(3, *size)).view(-1))[:, 0]  # sync: edge pixels are counted
        free = _free_way(t.view(size)).view(-1)[edges]
        light[:, edges] = _supersampled(scene, rays[edges], light[:, edges], free)
        display = shading.encode(light).view(3, *size).transpose(0, 1)
        return (display * 255 + _dither(self.resolution, self.device)).clamp(0, 255).to(torch.uint8)


def _pictures_at_once(resolution: int, device: torch.device) -> int:
    """One on the processor, whose caches are small; on a GPU as many as its free memory holds."""
    if device.type == "cpu":
        return 1
    least, most = RAYS_AT_ONCE
    rays = least
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        rays = min(max(int(MEMORY_SHARE * free / RAY_BYTES), least), most)
    return max(1, rays // resolution**2)


def _radiance(scene: Scene, rays: Rays, t: Tensor) -> Tensor:
    """(3, M) linear light 0..1 of rays that land at t, or on the backdrop."""
    k = Look(*scene.rows(scene.look, rays.picture).unbind(0))
    light = torch.stack(shading.backdrop(rays.u, rays.v, k))
    hit = torch.nonzero(t < MISS)[:, 0]  # sync: hits are counted
    if hit.shape[0]:
        light[:, hit] = torch.stack(shade(scene, rays[hit], t[hit]))
    return torch.stack(shading.tone((light[0], light[1], light[2]), rays.u, rays.v))


def _supersampled(scene: Scene, rays: Rays, centre: Tensor, free: Tensor) -> Tensor:
    """(3, M): light of pixels, the mean of their centre and of SUBSAMPLES. free: see trace's start."""
    pixel = 2 * HALF_VIEW / scene.resolution
    offsets = torch.tensor(SUBSAMPLES, device=rays.u.device) * pixel
    count = len(SUBSAMPLES)
    outwards = torch.where(rays.u < 0, -1.0, 1.0)
    samples = Rays(
        rays.picture.repeat(count),
        (rays.u + outwards * offsets[:, :1]).view(-1),
        (rays.v + offsets[:, 1:]).view(-1),
    )
    t = trace(scene, samples, free.repeat(count))
    light = _radiance(scene, samples, t).view(3, count, -1)
    return (centre + light.sum(1)) / (count + 1)


def _edges(light: Tensor) -> Tensor:
    """(N, H, W) bool: pixels of (3, N, H, W) that differ visibly from one of their four neighbours."""
    shown = shading.encode(light)
    across = (shown[..., 1:] - shown[..., :-1]).abs().amax(0) > EDGE_CONTRAST
    down = (shown[..., 1:, :] - shown[..., :-1, :]).abs().amax(0) > EDGE_CONTRAST
    edges = torch.zeros(light.shape[1:], dtype=torch.bool, device=light.device)
    edges[..., 1:] |= across
    edges[..., :-1] |= across
    edges[:, 1:] |= down
    edges[:, :-1] |= down
    return edges


def _free_way(t: Tensor) -> Tensor:
    """(N, H, W): distance that is surely free around each pixel, from its neighbours' t."""
    return -functional.max_pool2d(-t[:, None], 3, 1, 1)[:, 0] - 0.3


def _dither(resolution: int, device: torch.device) -> Tensor:
    """(H, W) 0..1: fixed noise of one step of 8 bits, so that wide gradients show no bands.

    Interleaved gradient noise (Jimenez 2014): even to the eye, the same in every picture; mirrored in its
    left half.
    """
    down = torch.arange(resolution, device=device, dtype=torch.float64)
    across = torch.maximum(down, resolution - 1 - down)
    noise = (52.9829189 * ((0.06711056 * across + 0.00583715 * down[:, None]) % 1)) % 1
    return noise.float()
