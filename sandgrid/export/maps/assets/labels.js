// Names, the chosen feature and nothing else: one canvas over the view, drawn when it rests.
(function (S) {
  "use strict";

  const FONT = "'Noto Sans SC','Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif";
  const EDGE = 0.25; // part of the view that is drawn beyond each edge

  // Rank decides who stays where names meet; `from` is the least zoom.
  const KINDS = [
    { layer: "districts", column: "district_id", from: 0, size: 15, weight: 700, colour: "#222222" },
    { layer: "places", group: "city", from: 7, size: 14, weight: 700, colour: "#111111", dot: 3 },
    { layer: "substations", column: "substation", from: 9, size: 12, weight: 600, colour: "#1a1a1a", lift: 12 },
    { layer: "hubs", column: "hub_id", from: 10, size: 11, weight: 600, colour: "#8c0030", lift: 11 },
    { layer: "sites", column: "site_id", from: 9, size: 12, weight: 700, colour: "#3c1d60" },
    { layer: "places", group: "town", from: 9, size: 12, weight: 500, colour: "#333333", dot: 2 },
    { layer: "places", group: "village", from: 11.5, size: 11, weight: 400, colour: "#444444", dot: 1.5 },
    { layer: "parcels", column: "parcel_id", from: 13.5, size: 11, weight: 500, colour: "#000000" },
  ];

  S.Labels = L.Layer.extend({
    initialize: function (plan, state) {
      this.plan = plan;
      this.state = state;
      this.places = KINDS.map((kind) => placesOf(plan, kind));
    },

    onAdd: function (map) {
      this.canvas = S.element("canvas", "sg-labels leaflet-zoom-hide");
      map.getPane("sg-names").append(this.canvas);
      map.on("moveend resize zoomend", this.draw, this);
      this.draw();
    },

    onRemove: function (map) {
      this.canvas.remove();
      map.off("moveend resize zoomend", this.draw, this);
    },

    draw: function () {
      const map = this._map;
      if (!map) return;
      const size = map.getSize();
      const pad = size.multiplyBy(EDGE).round();
      const full = size.add(pad.multiplyBy(2));
      const corner = map.containerPointToLayerPoint(pad.multiplyBy(-1));
      const ratio = Math.min(2, window.devicePixelRatio || 1);
      L.DomUtil.setPosition(this.canvas, corner);
      fit(this.canvas, full, ratio);
      const ctx = this.canvas.getContext("2d");
      ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
      const scale = Math.pow(2, map.getZoom() + 8 - S.LEVEL);
      const start = S.unitsAt(map.containerPointToLatLng(pad.multiplyBy(-1)));
      const view = {
        scale: scale, x: start.x, y: start.y, width: full.x, height: full.y, zoom: map.getZoom(),
      };
      const chosen = this.state.chosen;
      if (chosen) S.drawChosen(ctx, this.plan.byName[chosen.layer], view, chosen.index);
      S.drawMeasured(ctx, view, this.state.measure);
      if (this.state.shown.names) this.drawNames(ctx, view);
    },

    drawNames: function (ctx, view) {
      const taken = [];
      KINDS.forEach((kind, rank) => {
        const hidden = kind.layer !== "places" && !this.state.shown[kind.layer];
        if (view.zoom < kind.from || hidden) return;
        ctx.font = kind.weight + " " + kind.size + "px " + FONT;
        const same = this.state.differing && this.plan.byName[kind.layer] && this.plan.byName[kind.layer].same;
        const places = same ? this.places[rank].filter((place) => !same[place.index]) : this.places[rank];
        places.forEach((place) => this.drawName(ctx, view, kind, place, taken));
      });
    },

    drawName: function (ctx, view, kind, place, taken) {
      const x = (place.x - view.x) * view.scale;
      const y = (place.y - view.y) * view.scale;
      if (x < 0 || y < 0 || x > view.width || y > view.height) return;
      const text = S.pick(place.text, this.state.lang);
      const width = ctx.measureText(text).width;
      const lift = kind.dot ? kind.size * 0.75 + 2 : kind.lift || 0;
      const box = [x - width / 2 - 3, y - lift - kind.size / 2 - 2, x + width / 2 + 3, y - lift + kind.size / 2 + 2];
      if (taken.some((other) => meet(box, other))) return;
      taken.push(box);
      if (kind.dot) dot(ctx, x, y, kind);
      write(ctx, text, x, y - lift, kind.colour);
    },
  });

  function placesOf(plan, kind) {
    const layer = plan.byName[kind.layer];
    if (!layer) return [];
    const column = kind.column ? layer.column[kind.column] : layer.columns[0];
    const found = [];
    for (let i = 0; i < layer.shapes.count; i += 1) {
      if (kind.group && layer.groups[layer.group[i]].key !== kind.group) continue;
      const at = S.labelPlace(layer.shapes, i);
      found.push({ x: at[0], y: at[1], text: nameOf(plan, column, i), index: i });
    }
    return found;
  }

  function nameOf(plan, column, i) {
    return [S.valueText(plan, column, i, "zh"), S.valueText(plan, column, i, "en")];
  }

  function fit(canvas, size, ratio) {
    canvas.width = size.x * ratio;
    canvas.height = size.y * ratio;
    canvas.style.width = size.x + "px";
    canvas.style.height = size.y + "px";
  }

  function meet(a, b) {
    return a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1];
  }

  function dot(ctx, x, y, kind) {
    ctx.beginPath();
    ctx.arc(x, y, kind.dot, 0, 2 * Math.PI);
    ctx.fillStyle = kind.colour;
    ctx.fill();
  }

  function write(ctx, text, x, y, colour) {
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.lineJoin = "round";
    ctx.lineWidth = 3;
    ctx.strokeStyle = "rgba(255,255,255,0.88)";
    ctx.strokeText(text, x, y);
    ctx.fillStyle = colour;
    ctx.fillText(text, x, y);
  }
})((window.SandGrid = window.SandGrid || {}));
