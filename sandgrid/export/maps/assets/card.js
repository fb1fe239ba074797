// The card of a feature. Every value is put in as text, never as markup.
(function (S) {
  "use strict";

  // Layers that answer a click, the first that is hit is shown; reach in pixels of what may be
  // missed by, `near` the same for a finger.
  const ANSWERS = [
    { layer: "hubs", reach: 4, near: 12, symbol: true },
    { layer: "substations", reach: 4, near: 12, symbol: true },
    { layer: "turbines", reach: 3, near: 8, from: 11, symbol: true },
    { layer: "parcels", reach: 0, near: 9 },
    { layer: "pv_blocks", reach: 0, near: 0 },
    { layer: "trunks", reach: 5, near: 9 },
    { layer: "sites", reach: 0, near: 0 },
    { layer: "works", reach: 0, near: 6 },
    { layer: "other_parcels", reach: 0, near: 0 },
    { layer: "districts", reach: 0, near: 0 },
  ];

  const WEAK = new Set(["sites", "districts"]); // so wide that they are hit by everything

  S.answers = function (name) {
    return ANSWERS.some((answer) => answer.layer === name);
  };

  // A symbol goes before the parcel below it only where it is drawn; a finger that misses
  // everything takes what is near.
  S.hitsAt = function (plan, state, latlng, zoom) {
    const at = S.unitsAt(latlng);
    const unit = Math.pow(2, S.LEVEL - 8 - zoom);
    const first = [], then = [];
    ANSWERS.forEach((answer) => {
      const layer = plan.byName[answer.layer];
      const visible = layer && state.shown[answer.layer] && zoom >= (answer.from || 0);
      if (!visible) return;
      const drawn = answer.symbol ? S.symbolSize(answer.layer, zoom) : answer.reach;
      const spare = state.touch ? answer.near : answer.reach;
      const wide = answer.symbol ? drawn + spare : Math.max(drawn, spare);
      S.featuresAt(layer, at.x, at.y, wide * unit).forEach((hit) => {
        const exact = hit.distance <= drawn * unit;
        (exact ? first : then).push({ layer: answer.layer, index: hit.index });
      });
    });
    return first.every((hit) => WEAK.has(hit.layer)) ? then.concat(first) : first.concat(then);
  };

  // What stands in the year of the slider: to start, under way, counted or built.
  S.statusOf = function (plan, layer, i, year) {
    const start = layer.year[i];
    if (!start) return "";
    if (start > year) return "status-planned";
    const count = layer.column.count_year;
    if (!count || !count.values[i]) return "status-built";
    return count.values[i] <= year ? "status-counted" : "status-under-way";
  };

  function status(plan, layer, i, state) {
    const key = S.statusOf(plan, layer, i, state.year);
    if (!key) return [];
    const told = S.text(plan, "status", state.lang, {
      year: state.year, status: S.text(plan, key, state.lang),
    });
    return [S.element("span", "sg-status-chip sg-" + key, [told])];
  }

  S.cardOf = function (plan, state, hits, choose) {
    const hit = hits[0];
    const layer = plan.byName[hit.layer];
    const lang = state.lang;
    const head = S.element("div", "sg-card-head", [
      S.element("span", "sg-card-kind", [S.pick(layer.title, lang)]),
      S.element("strong", "sg-card-id", [titleOf(plan, layer, hit.index, lang)]),
    ].concat(status(plan, layer, hit.index, state)));
    const card = S.element("div", "sg-card-body", [head]);
    if (hit.layer === "parcels") card.append(treatments(plan, layer, hit.index, lang));
    card.append(rows(plan, layer, hit.index, state));
    [S.parcelReasons(plan, layer, hit.index, lang), S.placeReasons(plan, state.place, lang)]
      .filter(Boolean).forEach((section) => card.append(section));
    if (hits.length > 1) card.append(others(plan, state, hits, choose));
    return card;
  };

  function titleOf(plan, layer, i, lang) {
    return S.valueText(plan, layer.columns[0], i, lang);
  }

  function rows(plan, layer, i, state) {
    const list = S.element("dl", "sg-rows");
    layer.columns.slice(1).forEach((column) => {
      if (column.only_year && column.only_year !== state.year) return;
      const text = S.valueText(plan, column, i, state.lang);
      if (!text) return;
      const term = S.element("dt", "", [S.pick(column.label, state.lang)]);
      const value = S.element("dd", "", [text]);
      value.dataset.key = column.key;
      list.append(term, value);
    });
    return list;
  }

  // What is to be done on a parcel: one line per treatment.
  function treatments(plan, layer, i, lang) {
    const treated = plan.parcelTreatments.get(layer.ids[i]) || [];
    const box = S.element("div", "sg-work");
    if (!treated.length) return box;
    box.append(S.element("h4", "", [S.text(plan, "card-treatments", lang)]));
    const columns = plan.byName.treatments.column;
    treated.forEach((row) => {
      const say = (key) => S.valueText(plan, columns[key], row, lang);
      const swatch = S.element("i", "sg-swatch");
      const group = plan.byName.treatments.group[row];
      swatch.style.background = plan.byName.treatments.groups[group].colour;
      const first = [say("year"), say("sequence_id")].join(" ");
      const second = ["place", "area_centimu", "cost_cny", "person_days"].map(say);
      NEEDED.filter((key) => columns[key] && columns[key].values[row] > 0).forEach((key) => {
        second.push(S.pick(columns[key].label, lang) + " " + say(key));
      });
      box.append(S.element("div", "sg-work-row", [
        swatch, S.element("b", "", [first]), S.element("small", "", [second.join(" · ")]),
        steps(plan, columns.sequence_id.values[row], columns.year.values[row], lang),
      ]));
    });
    return box;
  }

  const NEEDED = ["straw_t", "seedlings", "water_m3"];

  // The measures of a sequence: year, months, what.
  function steps(plan, sequence, year, lang) {
    const list = S.element("ol", "sg-steps");
    const known = Object.prototype.hasOwnProperty.call(plan.steps, sequence) ? plan.steps[sequence] : [];
    known.forEach((step) => {
      const when = { year: year + step.offset, months: runs(step.months) };
      const key = step.months.length ? "step-when" : "step-year";
      list.append(S.element("li", "", [
        S.text(plan, key, lang, when) + " " + S.codeText(plan, step.measure, lang),
      ]));
    });
    return list;
  }

  // Months as runs: 3, 4, 5, 9 is 3-5, 9.
  function runs(months) {
    const found = [];
    months.forEach((month) => {
      const last = found[found.length - 1];
      if (last && month === last[1] + 1) last[1] = month;
      else found.push([month, month]);
    });
    return found.map((run) => (run[0] === run[1] ? run[0] : run[0] + "-" + run[1])).join(", ");
  }

  function others(plan, state, hits, choose) {
    const box = S.element("div", "sg-also", [S.text(plan, "card-also", state.lang)]);
    hits.slice(1, 7).forEach((hit, k) => {
      const layer = plan.byName[hit.layer];
      const name = S.pick(layer.title, state.lang) + " " + titleOf(plan, layer, hit.index, state.lang);
      const chip = S.element("button", "sg-chip", [name]);
      chip.addEventListener("click", () => {
        const rest = hits.filter((other, n) => n !== k + 1);
        choose([hit].concat(rest));
      });
      box.append(chip);
    });
    return box;
  }
})((window.SandGrid = window.SandGrid || {}));
