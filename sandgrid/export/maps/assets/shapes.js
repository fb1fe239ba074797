// Reads the compact geometry, finds features in a box and under a point.
(function (S) {
  "use strict";

  S.LEVEL = 26; // units around the equator: 2 ** LEVEL, as the writer has it
  const CELLS = 64;

  S.readStream = function (bytes, start, end) {
    const source = reader(bytes, start);
    const values = [];
    while (source.place() < end) values.push(source.number());
    return values;
  };

  function reader(bytes, start) {
    let at = start;
    function number() {
      let value = 0;
      let factor = 1;
      let byte = 0;
      do {
        byte = bytes[at++];
        value += (byte & 127) * factor;
        factor *= 128;
      } while (byte > 127);
      return value;
    }
    function stream() {
      const end = number() + at;
      const values = [];
      while (at < end) values.push(number());
      return values;
    }
    return { stream: stream, number: number, place: () => at };
  }

  function sums(counts) {
    const result = new Int32Array(counts.length + 1);
    for (let i = 0; i < counts.length; i += 1) result[i + 1] = result[i] + counts[i];
    return result;
  }

  function undoDifferences(folded, step) {
    const values = new Int32Array(folded.length);
    let value = 0;
    for (let i = 0; i < folded.length; i += 1) {
      const n = folded[i];
      value += n % 2 ? -(n + 1) / 2 : n / 2;
      values[i] = value * step;
    }
    return values;
  }

  // step: units that one written step stands for
  S.readShapes = function (bytes, start, step) {
    const source = reader(bytes, start);
    const shapes = {
      part: sums(source.stream()), // first part of each feature
      point: sums(source.stream()), // first vertex of each part
      x: undoDifferences(source.stream(), step),
      y: undoDifferences(source.stream(), step),
    };
    return shapes;
  };

  // Puts features that another layer holds in their places: rows[i] is its feature, -1 an own one.
  S.joinTwins = function (own, twin, rows) {
    const part = [0], point = [0], x = [], y = [];
    let next = 0;
    rows.forEach((row) => {
      const from = row < 0 ? own : twin;
      const i = row < 0 ? next++ : row;
      for (let p = from.part[i]; p < from.part[i + 1]; p += 1) {
        for (let k = from.point[p]; k < from.point[p + 1]; k += 1) {
          x.push(from.x[k]);
          y.push(from.y[k]);
        }
        point.push(x.length);
      }
      part.push(point.length - 1);
    });
    return {
      part: Int32Array.from(part), point: Int32Array.from(point),
      x: Int32Array.from(x), y: Int32Array.from(y),
    };
  };

  S.indexShapes = function (shapes) {
    shapes.count = shapes.part.length - 1;
    shapes.box = boxes(shapes);
    shapes.cells = makeCells(shapes);
    shapes.seen = new Uint32Array(shapes.count);
    shapes.turn = 0;
    return shapes;
  };

  function boxes(shapes) {
    const box = new Int32Array(4 * shapes.count);
    for (let i = 0; i < shapes.count; i += 1) {
      let west = Infinity, north = Infinity, east = -Infinity, south = -Infinity;
      const end = shapes.point[shapes.part[i + 1]];
      for (let k = shapes.point[shapes.part[i]]; k < end; k += 1) {
        west = Math.min(west, shapes.x[k]);
        east = Math.max(east, shapes.x[k]);
        north = Math.min(north, shapes.y[k]);
        south = Math.max(south, shapes.y[k]);
      }
      box.set([west, north, east, south], 4 * i);
    }
    return box;
  }

  S.boxOf = function (shapes, i) {
    return Array.from(shapes.box.subarray(4 * i, 4 * i + 4));
  };

  function wholeBox(shapes) {
    const whole = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < shapes.count; i += 1) {
      for (let k = 0; k < 4; k += 1) {
        const pick = k < 2 ? Math.min : Math.max;
        whole[k] = pick(whole[k], shapes.box[4 * i + k]);
      }
    }
    return whole;
  }

  // Features by cell of a coarse raster: cell c holds items[first[c] .. first[c + 1]].
  function makeCells(shapes) {
    const whole = wholeBox(shapes);
    const cells = {
      west: whole[0],
      north: whole[1],
      width: Math.max(1, (whole[2] - whole[0] + 1) / CELLS),
      height: Math.max(1, (whole[3] - whole[1] + 1) / CELLS),
    };
    const counts = new Int32Array(CELLS * CELLS);
    for (let i = 0; i < shapes.count; i += 1) {
      eachCell(cells, S.boxOf(shapes, i), (cell) => { counts[cell] += 1; });
    }
    cells.first = sums(counts);
    cells.items = new Int32Array(cells.first[CELLS * CELLS]);
    const next = cells.first.slice();
    for (let i = 0; i < shapes.count; i += 1) {
      eachCell(cells, S.boxOf(shapes, i), (cell) => { cells.items[next[cell]++] = i; });
    }
    return cells;
  }

  function eachCell(cells, box, visit) {
    const clamp = (value) => Math.max(0, Math.min(CELLS - 1, Math.floor(value)));
    const left = clamp((box[0] - cells.west) / cells.width);
    const right = clamp((box[2] - cells.west) / cells.width);
    const top = clamp((box[1] - cells.north) / cells.height);
    const bottom = clamp((box[3] - cells.north) / cells.height);
    for (let row = top; row <= bottom; row += 1) {
      for (let column = left; column <= right; column += 1) visit(row * CELLS + column);
    }
  }

  // Features whose box meets a box, in drawing order.
  S.featuresIn = function (shapes, box) {
    const found = [];
    const cells = shapes.cells;
    shapes.turn += 1;
    eachCell(cells, box, (cell) => {
      for (let k = cells.first[cell]; k < cells.first[cell + 1]; k += 1) {
        const i = cells.items[k];
        if (shapes.seen[i] === shapes.turn) continue;
        shapes.seen[i] = shapes.turn;
        const b = 4 * i;
        const meets = shapes.box[b] <= box[2] && shapes.box[b + 2] >= box[0] &&
          shapes.box[b + 1] <= box[3] && shapes.box[b + 3] >= box[1];
        if (meets) found.push(i);
      }
    });
    return found.sort((a, b) => a - b);
  };

  // Features of a layer within reach [units] of a point, the nearest first; in a polygon: 0.
  S.featuresAt = function (layer, x, y, reach) {
    const measure = { point: pointDistance, line: lineDistance, polygon: areaDistance }[layer.shape];
    return S.featuresIn(layer.shapes, [x - reach, y - reach, x + reach, y + reach])
      .map((i) => ({ distance: measure(layer.shapes, i, x, y, reach), index: i }))
      .filter((hit) => hit.distance <= reach)
      .sort((a, b) => a.distance - b.distance || b.index - a.index);
  };

  function areaDistance(shapes, i, x, y, reach) {
    if (inside(shapes, i, x, y)) return 0;
    return reach ? edgeDistance(shapes, i, x, y, true) : Infinity;
  }

  function inside(shapes, i, x, y) {
    let odd = false;
    for (let p = shapes.part[i]; p < shapes.part[i + 1]; p += 1) {
      const end = shapes.point[p + 1];
      let j = end - 1;
      for (let k = shapes.point[p]; k < end; j = k, k += 1) {
        const ky = shapes.y[k];
        const jy = shapes.y[j];
        if (ky > y !== jy > y) {
          const cross = shapes.x[k] + ((y - ky) / (jy - ky)) * (shapes.x[j] - shapes.x[k]);
          if (x < cross) odd = !odd;
        }
      }
    }
    return odd;
  }

  function pointDistance(shapes, i, x, y) {
    const k = shapes.point[shapes.part[i]];
    return Math.hypot(shapes.x[k] - x, shapes.y[k] - y);
  }

  function lineDistance(shapes, i, x, y) {
    return edgeDistance(shapes, i, x, y, false);
  }

  function edgeDistance(shapes, i, x, y, closed) {
    let best = Infinity;
    for (let p = shapes.part[i]; p < shapes.part[i + 1]; p += 1) {
      const start = shapes.point[p], end = shapes.point[p + 1];
      let j = closed || end === start + 1 ? end - 1 : start;
      for (let k = j === start ? start + 1 : start; k < end; j = k, k += 1) {
        best = Math.min(best, stepDistance(shapes, j, k, x, y));
      }
    }
    return best;
  }

  function stepDistance(shapes, j, k, x, y) {
    const ax = shapes.x[j], ay = shapes.y[j];
    const dx = shapes.x[k] - ax, dy = shapes.y[k] - ay;
    const along = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1);
    const share = Math.max(0, Math.min(1, along));
    return Math.hypot(ax + share * dx - x, ay + share * dy - y);
  }

  // A place for a label: the centre of the largest ring, or the point itself.
  S.labelPlace = function (shapes, i) {
    let best = [shapes.x[shapes.point[shapes.part[i]]], shapes.y[shapes.point[shapes.part[i]]]];
    let most = 0;
    for (let p = shapes.part[i]; p < shapes.part[i + 1]; p += 1) {
      const ring = ringCentre(shapes, shapes.point[p], shapes.point[p + 1]);
      if (ring.area > most) {
        most = ring.area;
        best = [ring.x, ring.y];
      }
    }
    return best;
  };

  function ringCentre(shapes, start, end) {
    const ox = shapes.x[start], oy = shapes.y[start];
    let area = 0, x = 0, y = 0;
    let j = end - 1;
    for (let k = start; k < end; j = k, k += 1) {
      const ax = shapes.x[j] - ox, ay = shapes.y[j] - oy;
      const bx = shapes.x[k] - ox, by = shapes.y[k] - oy;
      const cross = ax * by - bx * ay;
      area += cross;
      x += (ax + bx) * cross;
      y += (ay + by) * cross;
    }
    if (!area) return { area: 0, x: ox, y: oy };
    return { area: Math.abs(area), x: ox + x / (3 * area), y: oy + y / (3 * area) };
  }
})((window.SandGrid = window.SandGrid || {}));
