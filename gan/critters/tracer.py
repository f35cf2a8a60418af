"""Follows rays to the surface and shades where they land. Rays are flat: any pixels of any pictures."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gan.critters.anatomy import Anatomy
from gan.critters.camera import HALF_VIEW, head_rays
from gan.critters.kernels import NORMAL_TAPS, SHADOW_SOFTNESS, SHADOW_TAPS, SKY_TAPS, Kernels
from gan.critters.look import Look
from gan.critters.shading import Rgb, light_in_head

HEAD_BOUND = 1.75
BODY_BOUND = 1.16
MISS = 1e3
LONGEST_STEP = 0.6
CAUTION = 0.93  # of a distance: smooth joins and bends make it a little too long
MARCH_STEPS = 3  # between two looks at which rays have arrived: compaction costs about one step
PATIENCE = 8  # rounds; rays that graze the surface even longer may land from a little farther away
ROUND_LIMIT = 24  # of MARCH_STEPS each; whatever still grazes then has landed: a miss would shine through


@dataclass(frozen=True)
class Scene:
    """Some critters at one resolution: what rays are traced against."""

    anatomy: Tensor  # (fields of Anatomy, N)
    look: Tensor  # (fields of Look, N)
    resolution: int
    kernels: Kernels

    def rows(self, table: Tensor, picture: Tensor) -> Tensor:
        """The table for rays of these pictures (M,): itself where there is but one picture."""
        return table if table.shape[1] == 1 else table[:, picture]


@dataclass(frozen=True)
class Rays:
    """Rays from the camera; (M,) each."""

    picture: Tensor  # index into the scene
    u: Tensor  # where they pierce the plane z = 0
    v: Tensor

    def __getitem__(self, chosen: Tensor) -> Rays:
        """The chosen rays."""
        return Rays(self.picture[chosen], self.u[chosen], self.v[chosen])


def trace(scene: Scene, rays: Rays, start: Tensor | None = None) -> Tensor:
    """(M,) distance from the camera to the surface, MISS where there is none.

    start: (M,) distances up to which the way is known to be free.
    """
    a = Anatomy(*scene.rows(scene.anatomy, rays.picture).unbind(0))
    dx, dy, dz = head_rays(a, rays.u, rays.v)
    enter, leave = _bounds(a, dx, dy, dz)
    t = enter if start is None else torch.maximum(enter, start)
    found = torch.full_like(t, MISS)
    active = torch.nonzero(leave > t)[:, 0]  # sync: the rays to follow are counted
    near = 0.2 * pixel_size(scene, rays)
    near = near if near.shape[0] == 1 else near[active]
    state = torch.stack((t[active], dx[active], dy[active], dz[active], leave[active]))
    for i in range(ROUND_LIMIT):
        if active.shape[0] == 0:
            break
        table = scene.rows(scene.anatomy, rays.picture[active])
        t, d = _march(scene, state, table, near)
        hit = (d < (near if i < PATIENCE else 2.5 * near)) | (i == ROUND_LIMIT - 1) & (t < state[4])
        found[active[hit]] = t[hit]
        going = torch.nonzero(~hit & (t < state[4]))[:, 0]  # sync: the rays to follow are counted
        active = active[going]
        near = near if near.shape[0] == 1 else near[going]
        state = torch.cat((t[None, going], state[1:, going]))
    return found


def shade(scene: Scene, rays: Rays, t: Tensor) -> Rgb:
    """Linear colour, (M,) each, of rays that land at distance t."""
    table, look = scene.rows(scene.anatomy, rays.picture), scene.rows(scene.look, rays.picture)
    a = Anatomy(*table.unbind(0))
    direction = torch.stack(head_rays(a, rays.u, rays.v))  # (3, M)
    points = torch.stack((a.camera_x, a.camera_y, a.camera_z)) + direction * t
    pixel = pixel_size(scene, rays)
    normals = _normals(scene, points, table, pixel)
    light = torch.stack(light_in_head(a, Look(*look.unbind(0))))  # (3, M) or (3, 1)
    sky, unshadowed = _occlusion(scene, points, normals, light, table)
    return scene.kernels.colour(points, normals, direction, sky, unshadowed, pixel, table, look)


def landing_points(scene: Scene, rays: Rays, t: Tensor) -> tuple[Tensor, Tensor]:
    """(points (3, M) of head space, rows of the anatomy's table) where rays land."""
    table = scene.rows(scene.anatomy, rays.picture)
    a = Anatomy(*table.unbind(0))
    camera = torch.stack((a.camera_x, a.camera_y, a.camera_z))
    return camera + torch.stack(head_rays(a, rays.u, rays.v)) * t, table


def pixel_size(scene: Scene, rays: Rays) -> Tensor:
    """A pixel's width in head space, (M,) or (1,)."""
    scale = scene.rows(scene.anatomy, rays.picture)[Anatomy._fields.index("scale")]
    return 2 * HALF_VIEW / scene.resolution / scale


def _march(scene: Scene, state: Tensor, table: Tensor, near: Tensor) -> tuple[Tensor, Tensor]:
    """MARCH_STEPS of sphere tracing: (t, distance there), (M,) each; rays nearer than `near` stand still.

    state: (5, M), rows t, direction x, y, z.
    """
    a = Anatomy(*table.unbind(0))
    t, dx, dy, dz = state[:4].unbind(0)
    d = t
    for _ in range(MARCH_STEPS):
        d = scene.kernels.distance(a.camera_x + dx * t, a.camera_y + dy * t, a.camera_z + dz * t, table)
        t = torch.where(d < near, t, t + (d * CAUTION).clamp(max=LONGEST_STEP))
    return t, d


def _bounds(a: Anatomy, dx: Tensor, dy: Tensor, dz: Tensor) -> tuple[Tensor, Tensor]:
    """Where rays enter and leave the balls around head and body; leave < enter where they miss both."""
    head_in, head_out = _ball(a.camera_x, a.camera_y, a.camera_z, dx, dy, dz, HEAD_BOUND)
    body_in, body_out = _ball(
        a.camera_x - a.body_x, a.camera_y - a.body_y, a.camera_z - a.body_z, dx, dy, dz, BODY_BOUND
    )
    return torch.minimum(head_in, body_in), torch.maximum(head_out, body_out)


def _ball(
    x: Tensor, y: Tensor, z: Tensor, dx: Tensor, dy: Tensor, dz: Tensor, radius: float
) -> tuple[Tensor, Tensor]:
    towards = x * dx + y * dy + z * dz
    inside = towards * towards - (x * x + y * y + z * z) + radius * radius
    half = torch.sqrt(inside.clamp(min=0))
    return (
        torch.where(inside > 0, -towards - half, MISS),
        torch.where(inside > 0, -towards + half, -MISS),
    )


def _normals(scene: Scene, points: Tensor, table: Tensor, pixel: Tensor) -> Tensor:
    """(3, M) unit normals, by four distances around each point."""
    reach = 0.6 * pixel + 0.004
    taps = torch.tensor(NORMAL_TAPS, dtype=points.dtype, device=points.device)  # (4, 3)
    around = points[:, None] + taps.t()[:, :, None] * reach  # (3, 4, M)
    d = _distances(scene, around, table)  # (4, M)
    slope = (taps[:, :, None] * d[:, None]).sum(0)  # (3, M)
    return slope * torch.rsqrt((slope * slope).sum(0) + 1e-12)


def _occlusion(
    scene: Scene, points: Tensor, normals: Tensor, light: Tensor, table: Tensor
) -> tuple[Tensor, Tensor]:
    """(open sky, unshadowed), (M,) each in 0..1."""
    sky_h = torch.tensor([h for h, _ in SKY_TAPS], device=points.device)[:, None]
    sky_w = torch.tensor([w for _, w in SKY_TAPS], device=points.device)[:, None]
    light_h = torch.tensor(SHADOW_TAPS, device=points.device)[:, None]
    up = points[:, None] + normals[:, None] * sky_h
    ahead = (points + normals * 0.03)[:, None] + light[:, None] * light_h
    d = _distances(scene, torch.cat((up, ahead), 1), table)  # (9, M)
    count = len(SKY_TAPS)
    covered = (sky_w * ((sky_h - d[:count]) / sky_h).clamp(0, 1)).sum(0)
    open_sky = (1 - 0.95 * covered).clamp(0.1, 1)
    lit = (0.5 + SHADOW_SOFTNESS * d[count:] / light_h).clamp(0, 1).amin(0)
    return open_sky, lit


def _distances(scene: Scene, points: Tensor, table: Tensor) -> Tensor:
    """Distances (K, M) at points (3, K, M)."""
    count, rays = points.shape[1:]
    if table.shape[1] != 1:
        table = table.repeat(1, count)
    x, y, z = points.reshape(3, -1).unbind(0)
    return scene.kernels.distance(x, y, z, table).view(count, rays)
