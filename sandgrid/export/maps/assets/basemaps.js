// Optional online basemaps. Nothing is asked of the network before one is chosen.
(function (S) {
  "use strict";

  // GCJ-02, the shift that maps of China carry: the picture is moved, the data never.
  const AXIS = 6378245.0;
  const E2 = 0.00669342162296594323;

  function waves(x, y, k) {
    return (20 * Math.sin(6 * x * Math.PI) + 20 * Math.sin(2 * x * Math.PI)) * 2 / 3 +
      (20 * Math.sin(k * Math.PI) + 40 * Math.sin((k / 3) * Math.PI)) * 2 / 3;
  }

  S.toGcj = function (latlng) {
    const x = latlng.lng - 105, y = latlng.lat - 35;
    const root = Math.sqrt(Math.abs(x));
    const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves(x, y, y) +
      (160 * Math.sin((y / 12) * Math.PI) + 320 * Math.sin((y * Math.PI) / 30)) * 2 / 3;
    const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves(x, y, x) +
      (150 * Math.sin((x / 12) * Math.PI) + 300 * Math.sin((x / 30) * Math.PI)) * 2 / 3;
    const latitude = (latlng.lat * Math.PI) / 180;
    const magic = 1 - E2 * Math.sin(latitude) * Math.sin(latitude);
    const meridian = (AXIS * (1 - E2)) / Math.pow(magic, 1.5);
    const parallel = (AXIS / Math.sqrt(magic)) * Math.cos(latitude);
    return L.latLng(
      latlng.lat + ((north / meridian) * 180) / Math.PI,
      latlng.lng + ((east / parallel) * 180) / Math.PI);
  };

  // A tile layer whose pictures are drawn in GCJ-02: it looks where the shifted place lies.
  S.ShiftedTiles = L.TileLayer.extend({
    _getTiledPixelBounds: function (centre) {
      return L.TileLayer.prototype._getTiledPixelBounds.call(this, S.toGcj(centre));
    },
    _setZoomTransform: function (level, centre, zoom) {
      L.TileLayer.prototype._setZoomTransform.call(this, level, S.toGcj(centre), zoom);
    },
  });

  S.basemapChoice = function (app) {
    const select = S.element("select");
    const none = { name: "", title: [S.text(app.plan, "basemap-none", "zh"), S.text(app.plan, "basemap-none", "en")] };
    [none].concat(app.plan.basemaps).forEach((basemap) => {
      const option = S.element("option", "", [S.pick(basemap.title, app.state.lang)]);
      option.value = basemap.name;
      select.append(option);
    });
    select.value = app.state.basemap;
    select.className = "sg-basemap";
    select.addEventListener("change", () => app.setBasemap(select.value));
    return S.element("label", "sg-colour", [S.text(app.plan, "basemap", app.state.lang) + " ", select]);
  };

  S.setBasemap = function (app, name) {
    (app.basemapLayers || []).forEach((layer) => layer.remove());
    app.state.basemap = name;
    const chosen = app.plan.basemaps.find((basemap) => basemap.name === name);
    app.basemapLayers = chosen ? chosen.addresses.map((address) => tiles(app, chosen, address)) : [];
    app.basemapLayers.forEach((layer) => layer.addTo(app.map));
  };

  function tiles(app, basemap, address) {
    const Kind = basemap.shifted ? S.ShiftedTiles : L.TileLayer;
    return new Kind(address, {
      subdomains: basemap.subdomains, maxNativeZoom: basemap.max_zoom, maxZoom: 18, pane: "sg-basemap",
      attribution: basemap.attribution, referrerPolicy: "no-referrer",
    });
  }
})((window.SandGrid = window.SandGrid || {}));
