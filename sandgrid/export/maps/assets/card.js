// The card of a feature. Every value is put in as text, never as markup.
(function (S) {
  "use strict";

  // Layers that answer a click, the first that is hit is shown; reach in pixels.
  const ANSWERS = [
    { layer: "hubs", reach: 9 },
    { layer: "substations", reach: 10 },
    { layer: "turbines", reach: 8, from: 11 },
    { layer: "parcels", reach: 0 },
    { layer: "pv_blocks", reach: 0 },
    { layer: "trunks", reach: 5 },
    { layer: "sites", reach: 0 },
    { layer: "works", reach: 0 },
    { layer: "other_parcels", reach: 0 },
    { layer: "districts", reach: 0 },
  ];

  S.answers = function (name) {
    return ANSWERS.some((answer) => answer.layer === name);
  };

  S.hitsAt = function (plan, state, latlng, zoom) {
    const at = S.unitsAt(latlng);
    const unit = Math.pow(2, S.LEVEL - 8 - zoom);
    const touch = state.touch ? 1.8 : 1;
    const hits = [];
    ANSWERS.forEach((answer) => {
      const layer = plan.byName[answer.layer];
      const visible = layer && state.shown[answer.layer] && zoom >= (answer.from || 0);
      if (!visible) return;
      const reach = answer.reach * unit * touch;
      S.featuresAt(layer, at.x, at.y, reach).forEach((index) => {
        hits.push({ layer: answer.layer, index: index });
      });
    });
    return hits;
  };

  S.cardOf = function (plan, state, hits, choose) {
    const hit = hits[0];
    const layer = plan.byName[hit.layer];
    const lang = state.lang;
    const head = S.element("div", "sg-card-head", [
      S.element("span", "sg-card-kind", [S.pick(layer.title, lang)]),
      S.element("strong", "sg-card-id", [titleOf(plan, layer, hit.index, lang)]),
    ]);
    const card = S.element("div", "sg-card-body", [head]);
    card.append(rows(plan, layer, hit.index, state));
    if (hit.layer === "parcels") card.append(treatments(plan, layer, hit.index, lang));
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
      const straw = say("straw_t");
      if (columns.straw_t.values[row] > 0) second.push(S.pick(columns.straw_t.label, lang) + " " + straw);
      box.append(S.element("div", "sg-work-row", [
        swatch, S.element("b", "", [first]), S.element("small", "", [second.join(" · ")]),
      ]));
    });
    return box;
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
