// Where am I, and how many mu is that: two tools of the field team.
(function (S) {
  "use strict";

  const MU_M2 = 2000 / 3;
  const HA_M2 = 10000;
  const AXIS_M = 6378137; // GRS 80, the ellipsoid of CGCS2000
  const E2 = 0.00669438002290;
  const STEPS = 16; // parts of an edge: it is straight on the map, not on the ellipsoid
  const WAIT_MS = 20000;

  S.addTools = function (app) {
    const make = (name, act) => {
      const button = S.element("button", "sg-tool sg-tool-" + name);
      button.addEventListener("click", () => act(app));
      app.parts["tool-" + name] = button;
      return button;
    };
    app.parts.tools.append(make("locate", S.locate), make("measure", S.toggleMeasure));
    S.drawTools(app);
  };

  S.drawTools = function (app) {
    ["locate", "measure"].forEach((name) => {
      const button = app.parts["tool-" + name];
      if (button) button.textContent = S.text(app.plan, "tool-" + name, app.state.lang);
    });
    tellMessage(app);
    drawMeasure(app);
  };

  // ---- where am I ----
  S.locate = function (app) {
    if (!window.isSecureContext || !navigator.geolocation) return S.tell(app, "locate-refused");
    S.tell(app, "locate-waiting");
    const fail = (error) => S.tell(app, error.code === 1 ? "locate-refused" : "locate-failed");
    const options = { enableHighAccuracy: true, timeout: WAIT_MS, maximumAge: 10000 };
    return navigator.geolocation.getCurrentPosition((fix) => found(app, fix.coords), fail, options);
  };

  function found(app, coords) {
    const at = L.latLng(coords.latitude, coords.longitude);
    if (app.here) app.here.remove();
    app.here = L.layerGroup([
      L.circle(at, { radius: coords.accuracy, color: "#1565c0", weight: 1, fillOpacity: 0.12, interactive: false }),
      L.circleMarker(at, { radius: 7, color: "#ffffff", weight: 2, fillColor: "#1565c0", fillOpacity: 1, interactive: false }),
    ]).addTo(app.map);
    const values = { metres: Math.round(coords.accuracy) };
    const inside = L.latLngBounds(app.plan.bounds).contains(at);
    S.tell(app, inside ? "locate-found" : "locate-outside", values);
    if (!inside) return;
    app.map.setView(at, Math.max(app.map.getZoom(), 14), { animate: false });
    app.chooseAt(at);
  }

  S.tell = function (app, key, values) {
    app.message = key ? { key: key, values: values || {} } : null;
    tellMessage(app);
  };

  function tellMessage(app) {
    const box = app.parts.message;
    box.hidden = !app.message;
    if (box.hidden) return;
    const close = S.element("button", "sg-close", ["×"]);
    close.addEventListener("click", () => S.tell(app, ""));
    const text = S.text(app.plan, app.message.key, app.state.lang, app.message.values);
    box.replaceChildren(close, S.element("span", "", [text]));
  }

  // ---- how many mu ----
  S.toggleMeasure = function (app) {
    setMeasure(app, app.state.measure ? null : []);
  };

  function setMeasure(app, corners) {
    app.state.measure = corners;
    app.map.doubleClickZoom[corners ? "disable" : "enable"]();
    app.map.getContainer().classList.toggle("sg-measuring", Boolean(corners));
    drawMeasure(app);
    app.labels.draw();
  }

  S.measureAt = function (app, latlng) {
    if (!app.state.measure) return false;
    setMeasure(app, app.state.measure.concat([[latlng.lng, latlng.lat]]));
    return true;
  };

  function drawMeasure(app) {
    const box = app.parts.measure;
    const corners = app.state.measure;
    box.hidden = !corners;
    app.parts["tool-measure"].classList.toggle("sg-on", Boolean(corners));
    if (box.hidden) return;
    const say = (key, values) => S.text(app.plan, key, app.state.lang, values);
    const button = (key, next) => {
      const node = S.element("button", "", [say(key)]);
      node.addEventListener("click", () => setMeasure(app, next()));
      return node;
    };
    box.replaceChildren(
      S.element("b", "sg-measured", [measured(corners, say)]),
      button("measure-undo", () => app.state.measure.slice(0, -1)),
      button("measure-clear", () => []),
      button("close", () => null)
    );
  }

  function measured(corners, say) {
    const number = (value, digits) => value.toLocaleString("en-US", {
      minimumFractionDigits: digits, maximumFractionDigits: digits,
    });
    if (corners.length < 2) return say("measure-start");
    const metres = S.lengthOf(corners, corners.length > 2);
    const length = metres < 1000 ? number(metres, 0) + " m" : number(metres / 1000, 2) + " km";
    if (corners.length === 2) return say("measure-length", { length: length });
    const m2 = S.areaOf(corners);
    return say("measure-area", { mu: number(m2 / MU_M2, 2), ha: number(m2 / HA_M2, 2), length: length });
  }

  // Corners and points between them, [lon, lat] in radians, straight on the map.
  function along(corners, closed) {
    const ends = corners.map((corner) => S.unitsAt(L.latLng(corner[1], corner[0])));
    if (closed) ends.push(ends[0]);
    const found = [];
    for (let k = 1; k < ends.length; k += 1) {
      for (let n = 0; n < STEPS; n += 1) {
        const share = n / STEPS;
        const at = S.latLngAt(
          ends[k - 1].x + share * (ends[k].x - ends[k - 1].x),
          ends[k - 1].y + share * (ends[k].y - ends[k - 1].y));
        found.push([(at.lng * Math.PI) / 180, (at.lat * Math.PI) / 180]);
      }
    }
    const last = S.latLngAt(ends[ends.length - 1].x, ends[ends.length - 1].y);
    return found.concat([[(last.lng * Math.PI) / 180, (last.lat * Math.PI) / 180]]);
  }

  // Area on the ellipsoid [m2], by its equal-area cylinder.
  S.areaOf = function (corners) {
    const points = along(corners, true);
    let sum = 0;
    for (let k = 1; k < points.length; k += 1) {
      sum += (points[k][0] - points[k - 1][0]) * (zone(points[k][1]) + zone(points[k - 1][1])) / 2;
    }
    return Math.abs((sum * AXIS_M * AXIS_M) / 2);
  };

  function zone(latitude) {
    const e = Math.sqrt(E2);
    const s = Math.sin(latitude);
    return (1 - E2) * (s / (1 - E2 * s * s) - Math.log((1 - e * s) / (1 + e * s)) / (2 * e));
  }

  // Length on the ellipsoid [m].
  S.lengthOf = function (corners, closed) {
    const points = along(corners, closed);
    let sum = 0;
    for (let k = 1; k < points.length; k += 1) {
      const middle = (points[k][1] + points[k - 1][1]) / 2;
      const w = 1 - E2 * Math.sin(middle) * Math.sin(middle);
      const east = (AXIS_M / Math.sqrt(w)) * Math.cos(middle) * (points[k][0] - points[k - 1][0]);
      const north = ((AXIS_M * (1 - E2)) / Math.pow(w, 1.5)) * (points[k][1] - points[k - 1][1]);
      sum += Math.hypot(east, north);
    }
    return sum;
  };

  S.drawMeasured = function (ctx, view, corners) {
    if (!corners || !corners.length) return;
    const ends = corners.map((corner) => {
      const at = S.unitsAt(L.latLng(corner[1], corner[0]));
      return [(at.x - view.x) * view.scale, (at.y - view.y) * view.scale];
    });
    ctx.beginPath();
    ends.forEach((end, k) => (k ? ctx.lineTo(end[0], end[1]) : ctx.moveTo(end[0], end[1])));
    if (ends.length > 2) ctx.closePath();
    ctx.fillStyle = "rgba(0, 121, 107, 0.18)";
    if (ends.length > 2) ctx.fill();
    ctx.strokeStyle = "#00796b";
    ctx.lineWidth = 2.5;
    ctx.setLineDash([7, 4]);
    ctx.stroke();
    ctx.setLineDash([]);
    ends.forEach((end) => {
      ctx.beginPath();
      ctx.arc(end[0], end[1], 5, 0, 2 * Math.PI);
      ctx.fillStyle = "#ffffff";
      ctx.fill();
      ctx.stroke();
    });
  };
})((window.SandGrid = window.SandGrid || {}));
