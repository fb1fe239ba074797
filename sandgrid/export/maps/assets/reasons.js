// Why land may not be used: a coarse raster per use, and the reasons against each parcel.
(function (S) {
  "use strict";

  const COLOURS = { pv: [213, 94, 0], wind: [0, 96, 176], treatment: [17, 119, 51] };
  const ELIGIBLE = 1;

  // A cell holds 0 outside the area, 1 where eligible, from 2 on the place among the codes.
  S.readReasons = function (plan, bytes, start) {
    if (!plan.reasons) return;
    const grid = plan.reasons;
    grid.uses.forEach((entry) => {
      const from = start + grid.start + entry.start;
      const written = S.readStream(bytes, from, from + entry.length);
      entry.cells = new Uint16Array(written.length);
      written.forEach((value, k) => {
        entry.cells[k] = value ? value - 1 : entry.cells[k - grid.width];
      });
    });
  };

  S.eligiblePictures = function (plan) {
    return plan.reasons ? plan.reasons.uses.map((entry) => "eligible-" + entry.use) : [];
  };

  // The eligible cells of a use as a picture for Leaflet: address and bounds.
  S.eligiblePicture = function (plan, name) {
    const grid = plan.reasons;
    const entry = grid.uses.find((one) => name === "eligible-" + one.use);
    const canvas = S.element("canvas");
    canvas.width = grid.width;
    canvas.height = grid.height;
    const ctx = canvas.getContext("2d");
    const image = ctx.createImageData(grid.width, grid.height);
    const colour = COLOURS[entry.use] || [80, 80, 80];
    entry.cells.forEach((value, k) => {
      if (value === ELIGIBLE) image.data.set(colour.concat([255]), 4 * k);
    });
    ctx.putImageData(image, 0, 0);
    const corner = S.latLngAt(grid.west, grid.north);
    const other = S.latLngAt(grid.west + grid.width * grid.cell, grid.north + grid.height * grid.cell);
    return { address: canvas.toDataURL(), bounds: L.latLngBounds(corner, other) };
  };

  // Per use whether the cell of a place is eligible and the rules against it; null outside.
  S.reasonsAt = function (plan, latlng) {
    const grid = plan.reasons;
    if (!grid || !latlng) return null;
    const at = S.unitsAt(latlng);
    const column = Math.floor((at.x - grid.west) / grid.cell);
    const row = Math.floor((at.y - grid.north) / grid.cell);
    if (column < 0 || row < 0 || column >= grid.width || row >= grid.height) return null;
    const found = grid.uses.map((entry) => {
      const value = entry.cells[row * grid.width + column];
      if (!value) return null;
      const bits = value === ELIGIBLE ? 0 : entry.codes[value - 2];
      return { use: entry.use, eligible: value === ELIGIBLE, rules: rulesOf(plan, entry.use, bits) };
    });
    return found[0] ? found : null;
  };

  function rulesOf(plan, use, bits) {
    return plan.reasons.rules.filter((rule) =>
      rule.uses.includes(use) && Math.floor(bits / Math.pow(2, rule.bit)) % 2 === 1);
  }

  // What the card tells of a parcel, use by use: how much is eligible, which rules take the rest.
  S.parcelReasons = function (plan, layer, i, lang) {
    const uses = Object.keys(layer.reasons || {});
    if (!uses.length) return null;
    const rows = uses.map((use) => {
      const line = layer.reasons[use][i];
      const name = S.text(plan, "use-" + use, lang);
      if (!line) return row(name, S.text(plan, "eligible-all", lang), []);
      const against = [];
      for (let k = 1; k < line.length; k += 2) {
        const rule = plan.reasons.rules.find((one) => one.bit === line[k] && one.uses.includes(use));
        if (rule) against.push(ruleLine(rule, lang, line[k + 1] + " % "));
      }
      return row(name, S.text(plan, "eligible-part", lang, { percent: line[0] }), against);
    });
    return section(S.text(plan, "card-eligible", lang), rows);
  };

  S.placeReasons = function (plan, latlng, lang) {
    const found = S.reasonsAt(plan, latlng);
    if (!found) return null;
    const rows = found.map((one) => row(
      S.text(plan, "use-" + one.use, lang),
      S.text(plan, one.eligible ? "eligible-yes" : "eligible-no", lang),
      one.rules.map((rule) => ruleLine(rule, lang, ""))));
    return section(S.text(plan, "card-cell", lang, { metres: plan.reasons.cell_m }), rows);
  };

  function section(title, rows) {
    return S.element("details", "sg-why", [S.element("summary", "", [title])].concat(rows));
  }

  function row(name, told, against) {
    const head = S.element("div", "sg-why-use", [S.element("b", "", [name]), S.element("span", "", [told])]);
    return S.element("div", "sg-why-row", against.length ? [head, S.element("ul", "", against)] : [head]);
  }

  function ruleLine(rule, lang, before) {
    const small = rule.document ? [S.element("small", "", [rule.document])] : [];
    return S.element("li", "", [before + S.pick(rule.title, lang)].concat(small));
  }
})((window.SandGrid = window.SandGrid || {}));
