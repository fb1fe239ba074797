// Two plans side by side: one view, one year, one language, two maps.
(function (S) {
  "use strict";

  const GROUND = ["water", "rivers", "railways", "power_lines", "roads", "places"];
  const TOLD = {
    treatments: ["parcel_id", "sequence_id", "year"],
    sites: ["site_id", "pv_kw", "wind_kw", "year"],
    pv_blocks: ["block_id", "year"],
    turbines: ["turbine_id", "year"],
    trunks: ["trunk_id", "substation_id", "year", "circuits"],
    hubs: ["hub_id", "year", "capacity_kw"],
  };

  // The ground is written once; the second plan lies on that of the first.
  S.borrowGround = function (plan, first) {
    const lent = first.layers.filter((layer) =>
      GROUND.includes(layer.name) && !plan.byName[layer.name]);
    plan.layers = lent.concat(plan.layers);
    lent.forEach((layer) => { plan.byName[layer.name] = layer; });
    if (!plan.reasons) plan.reasons = first.reasons;
  };

  S.link = function (first, second) {
    first.twin = second;
    second.twin = first;
    markSame(first.plan, second.plan);
    follow(first, second);
    follow(second, first);
    ["setYear", "setLang", "setColour", "setShown", "setDiffering", "setBasemap"].forEach((name) => {
      const own = first[name], other = second[name];
      first[name] = function () {
        own.apply(null, arguments);
        other.apply(null, arguments);
      };
    });
    const places = [first.chooseAt, second.chooseAt];
    first.map.on("click", (event) => { if (!first.state.measure) places[1](event.latlng); });
    second.map.on("click", (event) => { if (!second.state.measure) places[0](event.latlng); });
    second.map.setView(first.map.getCenter(), first.map.getZoom(), { animate: false });
    first.setYear(first.state.year);
    first.setLang(first.state.lang);
  };

  function follow(leader, other) {
    leader.map.on("move zoomend", () => {
      if (leader.held) return;
      other.held = true;
      other.map.setView(leader.map.getCenter(), leader.map.getZoom(), { animate: false });
      other.held = false;
    });
  }

  // Features that both plans hold alike; the choice "only what differs" leaves them out.
  function markSame(a, b) {
    Object.keys(TOLD).forEach((name) => {
      const layers = [a.byName[name], b.byName[name]];
      const told = layers.map((layer) => (layer ? tellings(layer, TOLD[name]) : []));
      layers.forEach((layer, k) => {
        if (!layer) return;
        const other = new Set(told[1 - k]);
        layer.same = Uint8Array.from(told[k], (text) => (other.has(text) ? 1 : 0));
      });
    });
  }

  function tellings(layer, keys) {
    const columns = keys.map((key) => layer.column[key]).filter(Boolean);
    return Array.from({ length: layer.shapes.count }, (none, i) =>
      JSON.stringify(columns.map((column) => column.values[i])));
  }

  S.differenceChoice = function (app) {
    const check = S.element("input");
    check.type = "checkbox";
    check.checked = app.state.differing;
    check.addEventListener("change", () => app.setDiffering(check.checked));
    return S.element("label", "sg-layer", [check, S.text(app.plan, "only-differing", app.state.lang)]);
  };
})((window.SandGrid = window.SandGrid || {}));
