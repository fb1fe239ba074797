// The canvas of the plan: a Leaflet layer of tiles, drawn within a budget per frame.
(function (S) {
  "use strict";

  const BUDGET_MS = 12;

  S.PlanTiles = L.GridLayer.extend({
    initialize: function (plan, state) {
      L.GridLayer.prototype.initialize.call(this, {
        tileSize: 512, keepBuffer: 1, updateWhenZooming: false, minZoom: 0, maxZoom: 22,
        className: "sg-tiles",
      });
      this.plan = plan;
      this.state = state;
      this.live = new Map();
      this.queue = [];
      this.running = false;
      this.on("tileunload", (event) => this.live.delete(event.tile));
    },

    createTile: function (coords, done) {
      const tile = document.createElement("canvas");
      const ratio = Math.min(2, window.devicePixelRatio || 1);
      tile.width = tile.height = 512 * ratio;
      this.live.set(tile, { coords: coords, ratio: ratio });
      this.enqueue(tile, done);
      return tile;
    },

    enqueue: function (tile, done) {
      this.queue.push({ tile: tile, done: done });
      if (this.running) return;
      this.running = true;
      requestAnimationFrame(() => this.work());
    },

    work: function () {
      const end = performance.now() + BUDGET_MS;
      do {
        const next = this.queue.shift();
        if (!next) break;
        if (this.live.has(next.tile)) this.paint(next.tile);
        if (next.done) next.done(null, next.tile);
      } while (performance.now() < end);
      this.running = this.queue.length > 0;
      if (this.running) requestAnimationFrame(() => this.work());
      else this.fire("painted");
    },

    // Draws every tile again, in place.
    repaint: function () {
      this.queue = this.queue.filter((job) => job.done);
      this.live.forEach((about, tile) => this.enqueue(tile, null));
    },

    paint: function (tile) {
      const about = this.live.get(tile);
      const ctx = tile.getContext("2d");
      const scale = Math.pow(2, about.coords.z + 8 - S.LEVEL);
      ctx.setTransform(about.ratio, 0, 0, about.ratio, 0, 0);
      ctx.clearRect(0, 0, 512, 512);
      const view = {
        scale: scale, x: (about.coords.x * 512) / scale, y: (about.coords.y * 512) / scale,
        width: 512, height: 512, zoom: about.coords.z,
      };
      this.plan.layers.forEach((layer) => S.drawLayer(ctx, this.plan, layer, view, this.state));
    },
  });

  S.unitsAt = function (latlng) {
    return L.CRS.EPSG3857.latLngToPoint(latlng, S.LEVEL - 8);
  };

  S.latLngAt = function (x, y) {
    return L.CRS.EPSG3857.pointToLatLng(L.point(x, y), S.LEVEL - 8);
  };
})((window.SandGrid = window.SandGrid || {}));
