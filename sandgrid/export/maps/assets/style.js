// How each layer is drawn on a canvas, given the year of the slider.
(function (S) {
  "use strict";

  // Years from early (dark) to late (pale); told apart without red and green.
  const YEAR_COLOURS = ["#30123b", "#3b5fb5", "#2a9bb8", "#35b779", "#a5c840", "#f0b429", "#e8601c"];

  const TURN = 48; // features in one path

  S.yearColour = function (plan, year) {
    const place = plan.years.indexOf(year);
    const span = Math.max(1, plan.years.length - 1);
    const step = Math.round((Math.max(0, place) / span) * (YEAR_COLOURS.length - 1));
    return YEAR_COLOURS[step];
  };

  // view: { scale (px per unit), x, y (units at the corner), width, height (px), zoom }
  S.drawLayer = function (ctx, plan, layer, view, state) {
    const draw = DRAWERS[layer.name];
    if (!draw || !state.shown[layer.name]) return;
    const margin = 24 / view.scale;
    const box = [
      view.x - margin,
      view.y - margin,
      view.x + view.width / view.scale + margin,
      view.y + view.height / view.scale + margin,
    ];
    const differing = state.differing && layer.same;
    const met = S.featuresIn(layer.shapes, box);
    const found = differing ? met.filter((i) => !layer.same[i]) : met;
    if (found.length) draw(ctx, { plan: plan, layer: layer, view: view, state: state }, found);
  };

  function isLater(job, i) {
    return job.layer.year[i] > job.state.year;
  }

  // Features that share a key are drawn by one path.
  function byKey(found, keyOf) {
    const groups = new Map();
    found.forEach((i) => {
      const key = keyOf(i);
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(i);
    });
    return groups;
  }

  // Adds a feature to the path; what is smaller than `least` pixels becomes a square of that size.
  function trace(ctx, job, i, least) {
    const shapes = job.layer.shapes;
    const s = job.view.scale;
    const b = 4 * i;
    const width = (shapes.box[b + 2] - shapes.box[b]) * s;
    const height = (shapes.box[b + 3] - shapes.box[b + 1]) * s;
    if (least && width < least && height < least) {
      const x = (shapes.box[b] - job.view.x) * s + (width - least) / 2;
      const y = (shapes.box[b + 1] - job.view.y) * s + (height - least) / 2;
      ctx.rect(x, y, least, least);
      return;
    }
    for (let p = shapes.part[i]; p < shapes.part[i + 1]; p += 1) tracePart(ctx, job, p);
    // rings are closed one by one; lines stay open
  }

  function tracePart(ctx, job, p) {
    const shapes = job.layer.shapes;
    const s = job.view.scale, x0 = job.view.x, y0 = job.view.y;
    const end = shapes.point[p + 1];
    let px = (shapes.x[shapes.point[p]] - x0) * s;
    let py = (shapes.y[shapes.point[p]] - y0) * s;
    ctx.moveTo(px, py);
    for (let k = shapes.point[p] + 1; k < end; k += 1) {
      const x = (shapes.x[k] - x0) * s;
      const y = (shapes.y[k] - y0) * s;
      if (Math.abs(x - px) + Math.abs(y - py) < 1 && k < end - 1) continue;
      ctx.lineTo(x, y);
      px = x;
      py = y;
    }
    if (job.layer.shape === "polygon") ctx.closePath();
  }

  // Long paths fill slowly, so many features are painted in turns.
  function paint(ctx, job, found, look) {
    for (let k = 0; k < found.length; k += TURN) paintSome(ctx, job, found.slice(k, k + TURN), look);
  }

  function paintSome(ctx, job, found, look) {
    ctx.beginPath();
    found.forEach((i) => trace(ctx, job, i, look.least));
    ctx.setLineDash(look.dash || []);
    if (look.fill) {
      ctx.globalAlpha = look.opacity === undefined ? 1 : look.opacity;
      ctx.fillStyle = look.fill;
      ctx.fill("evenodd");
    }
    ctx.globalAlpha = look.strokeOpacity === undefined ? 1 : look.strokeOpacity;
    if (look.halo) stroke(ctx, look.halo, look.width + 2.5);
    if (look.stroke) stroke(ctx, look.stroke, look.width);
    ctx.globalAlpha = 1;
    ctx.setLineDash([]);
  }

  function stroke(ctx, colour, width) {
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.lineJoin = "round";
    ctx.stroke();
  }

  function groupColour(job, i) {
    return job.layer.groups[job.layer.group[i]].colour;
  }

  function drawDistricts(ctx, job, found) {
    const short = job.plan.shortBy || new Map();
    found.forEach((i) => {
      const share = short.get(job.layer.ids[i]);
      if (share === undefined) return;
      paint(ctx, job, [i], { fill: "#b2182b", opacity: 0.15 + 0.55 * share });
    });
    const width = job.view.zoom < 9 ? 1.2 : 1.8;
    paint(ctx, job, found, { stroke: "#ffffff", width: width + 2.4, strokeOpacity: 0.7 });
    paint(ctx, job, found, { stroke: "#4a4a4a", width: width, dash: [8, 3, 2, 3] });
  }

  function drawOthers(ctx, job, found) {
    const fine = job.view.zoom >= 12;
    byKey(found, (i) => groupColour(job, i)).forEach((own, colour) => {
      paint(ctx, job, own, {
        fill: colour, opacity: 0.28, stroke: fine ? colour : null, width: 0.8,
        least: job.view.zoom < 9 ? 0 : 1,
      });
    });
  }

  function drawWorks(ctx, job, found) {
    byKey(found, (i) => groupColour(job, i)).forEach((own, colour) => {
      paint(ctx, job, own, { fill: colour, opacity: 0.55, stroke: colour, width: 0.8, least: 2 });
    });
  }

  // Parcels are outlines over the treated land; where none is drawn apart they carry its colour.
  function drawParcels(ctx, job, found) {
    if (!job.plan.byName.treatments) return drawTreatments(ctx, job, found);
    if (job.view.zoom < 10.5) return;
    byKey(found, (i) => isLater(job, i)).forEach((own, later) => {
      paint(ctx, job, own, {
        fill: "#3a3a3a", opacity: later ? 0.02 : 0.06,
        stroke: "#2b2b2b", width: job.view.zoom < 12.5 ? 0.6 : 1.2,
        strokeOpacity: later ? 0.45 : 0.9, dash: later ? [4, 3] : null,
      });
    });
  }

  // Seen from afar the edge costs more than the land and shows less: it is left out.
  function drawTreatments(ctx, job, found) {
    const near = job.view.zoom >= 10.5;
    const year = job.state.colourBy === "year";
    const colour = (i) => (year ? S.yearColour(job.plan, job.layer.year[i]) : groupColour(job, i));
    byKey(found, (i) => colour(i) + (isLater(job, i) ? "-" : "+")).forEach((own, key) => {
      const later = key.endsWith("-");
      paint(ctx, job, own, {
        fill: key.slice(0, -1), opacity: later ? 0.18 : near ? 0.78 : 0.88,
        stroke: near || later ? key.slice(0, -1) : null, width: 0.8, strokeOpacity: later ? 0.6 : 1,
        least: job.view.zoom < 9 ? 2 : job.view.zoom < 10.5 ? 2.6 : 1.5, dash: later ? [2, 2] : null,
      });
    });
  }

  function drawSites(ctx, job, found) {
    const colour = (i) =>
      (job.state.colourBy === "year" ? S.yearColour(job.plan, job.layer.year[i]) : groupColour(job, i));
    byKey(found, (i) => colour(i) + (isLater(job, i) ? "-" : "+")).forEach((own, key) => {
      const later = key.endsWith("-");
      paint(ctx, job, own, {
        fill: key.slice(0, -1), opacity: later ? 0.04 : 0.16,
        stroke: key.slice(0, -1), width: job.view.zoom < 10 ? 1.6 : 2.4,
        dash: later ? [5, 4] : null, strokeOpacity: later ? 0.7 : 1, least: 6,
      });
    });
  }

  function drawBlocks(ctx, job, found) {
    if (job.view.zoom < 9.5) return;
    const fine = job.view.zoom >= 12;
    const year = job.state.colourBy === "year";
    const colour = (i) => (year ? S.yearColour(job.plan, job.layer.year[i]) : groupColour(job, i));
    byKey(found, (i) => colour(i) + (isLater(job, i) ? "-" : "+")).forEach((own, key) => {
      const later = key.endsWith("-");
      paint(ctx, job, own, {
        fill: later ? null : key.slice(0, -1), opacity: 0.72,
        stroke: later ? key.slice(0, -1) : "#ffffff", width: fine ? 0.9 : 0.4,
        dash: later ? [3, 2] : null, strokeOpacity: fine ? 0.9 : 0.5, least: 1.5,
      });
    });
  }

  function drawTrunks(ctx, job, found) {
    byKey(found, (i) => isLater(job, i)).forEach((own, later) => {
      paint(ctx, job, own, {
        stroke: groupColour(job, own[0]), width: job.view.zoom < 9 ? 1.1 : 1.8, halo: later ? null : "#ffffff",
        dash: later ? [6, 5] : null, strokeOpacity: later ? 0.55 : 0.95,
      });
    });
  }

  function eachPoint(job, found, visit) {
    const shapes = job.layer.shapes;
    found.forEach((i) => {
      const k = shapes.point[shapes.part[i]];
      const x = (shapes.x[k] - job.view.x) * job.view.scale;
      const y = (shapes.y[k] - job.view.y) * job.view.scale;
      visit(x, y, i);
    });
  }

  function mark(ctx, colour, later) {
    ctx.fillStyle = later ? "#ffffff" : colour;
    ctx.strokeStyle = later ? colour : "#ffffff";
    ctx.lineWidth = 1.2;
    ctx.globalAlpha = later ? 0.7 : 1;
    ctx.fill();
    ctx.stroke();
    ctx.globalAlpha = 1;
  }

  // Half the width of a symbol at a zoom [px]; clicks go by it too.
  S.symbolSize = function (name, zoom) {
    if (name === "turbines") return zoom < 12 ? 2.2 : zoom < 14 ? 5 : 8;
    if (name === "hubs") return zoom < 9 ? 2.6 : zoom < 10.5 ? 4 : 6;
    return zoom < 9 ? 2 : zoom < 10.5 ? 3.4 : 5.5;
  };

  function drawTurbines(ctx, job, found) {
    if (job.view.zoom < 9.5) return;
    const size = S.symbolSize("turbines", job.view.zoom);
    eachPoint(job, found, (x, y, i) => {
      const later = isLater(job, i);
      const year = job.state.colourBy === "year";
      const colour = year ? S.yearColour(job.plan, job.layer.year[i]) : groupColour(job, i);
      if (size > 3) blades(ctx, x, y, size, later ? "#8aa8c4" : colour);
      ctx.beginPath();
      ctx.arc(x, y, size > 3 ? size / 2.6 : size, 0, 2 * Math.PI);
      mark(ctx, colour, later);
    });
  }

  function blades(ctx, x, y, size, colour) {
    ctx.beginPath();
    for (let k = 0; k < 3; k += 1) {
      const turn = (k * 2 * Math.PI) / 3 - Math.PI / 2;
      ctx.moveTo(x, y);
      ctx.lineTo(x + 1.7 * size * Math.cos(turn), y + 1.7 * size * Math.sin(turn));
    }
    stroke(ctx, "#ffffff", size / 2.2 + 1.6);
    stroke(ctx, colour, size / 2.6);
  }

  function drawHubs(ctx, job, found) {
    const half = S.symbolSize("hubs", job.view.zoom);
    eachPoint(job, found, (x, y, i) => {
      ctx.beginPath();
      ctx.rect(x - half, y - half, 2 * half, 2 * half);
      mark(ctx, groupColour(job, i), isLater(job, i));
    });
  }

  function drawSubstations(ctx, job, found) {
    const voltage = job.layer.column.voltage_kv;
    eachPoint(job, found, (x, y, i) => {
      const strong = voltage && voltage.values[i] >= 220;
      const base = S.symbolSize("substations", job.view.zoom);
      const radius = base * (strong ? 1.3 : 1);
      ctx.beginPath();
      ctx.arc(x, y, radius, 0, 2 * Math.PI);
      mark(ctx, groupColour(job, i), false);
      if (!strong) return;
      ctx.beginPath();
      ctx.arc(x, y, radius + 1 + base / 4, 0, 2 * Math.PI);
      stroke(ctx, groupColour(job, i), 0.8 + base / 10);
    });
  }

  const ROADS = { motorway: 2.4, national: 1.9, provincial: 1.4, county: 0.9, village: 0.6 };
  const ROAD_ZOOM = { motorway: 0, national: 0, provincial: 8, county: 9.5, village: 11 };

  function drawRoads(ctx, job, found) {
    byKey(found, (i) => job.layer.groups[job.layer.group[i]].key).forEach((own, kind) => {
      if (job.view.zoom < ROAD_ZOOM[kind]) return;
      const wide = job.view.zoom >= 12 ? 1.5 : 1;
      paint(ctx, job, own, {
        stroke: groupColour(job, own[0]), width: ROADS[kind] * wide, strokeOpacity: 0.75,
      });
    });
  }

  function simpleLine(width, dash, leastZoom) {
    return function (ctx, job, found) {
      if (job.view.zoom < leastZoom) return;
      paint(ctx, job, found, {
        stroke: groupColour(job, found[0]), width: width, dash: dash, strokeOpacity: 0.85,
      });
    };
  }

  function drawWater(ctx, job, found) {
    const colour = groupColour(job, found[0]);
    paint(ctx, job, found, { fill: colour, opacity: 0.7, stroke: colour, width: 0.6 });
  }

  const DRAWERS = {
    water: drawWater,
    rivers: simpleLine(1.3, null, 0),
    railways: simpleLine(1.4, [7, 4], 8),
    power_lines: simpleLine(0.9, [2, 3], 9),
    roads: drawRoads,
    districts: drawDistricts,
    other_parcels: drawOthers,
    works: drawWorks,
    parcels: drawParcels,
    treatments: drawTreatments,
    sites: drawSites,
    pv_blocks: drawBlocks,
    trunks: drawTrunks,
    turbines: drawTurbines,
    hubs: drawHubs,
    substations: drawSubstations,
  };

  // Outline of the chosen feature, drawn above everything.
  S.drawChosen = function (ctx, layer, view, i) {
    const job = { layer: layer, view: view };
    if (layer.shape === "point") {
      eachPoint(job, [i], (x, y) => {
        ctx.beginPath();
        ctx.arc(x, y, 13, 0, 2 * Math.PI);
      });
    } else {
      ctx.beginPath();
      trace(ctx, job, i, layer.shape === "polygon" ? 8 : 0);
    }
    stroke(ctx, "#ffffff", 5);
    stroke(ctx, "#ff2d95", 2.6);
  };
})((window.SandGrid = window.SandGrid || {}));
