// Search by number of parcel, site or work, by village, collective, township, holder or place.
(function (S) {
  "use strict";

  const NUMBERED = ["parcels", "other_parcels", "sites", "works", "turbines", "hubs", "substations"];
  const NAMED = ["village", "collective", "township", "holder", "source_id", "substation"];
  const MOST = 12;

  S.makeIndex = function (plan) {
    const index = { entries: [], named: new Map() };
    NUMBERED.forEach((name) => addLayer(plan, index, plan.byName[name]));
    addPlaces(plan, index);
    index.named.forEach((entry) => index.entries.push(entry));
    return index;
  };

  function addLayer(plan, index, layer) {
    if (!layer) return;
    const named = NAMED.filter((key) => layer.column[key]);
    layer.ids.forEach((id, i) => {
      const hit = { layer: layer.name, index: i };
      index.entries.push({ text: id, low: fold(id), kind: layer.title, hits: [hit], rank: 0 });
      named.forEach((key) => addNamed(index, layer.column[key], i, hit));
    });
  }

  // All features of one village (collective ...) are one entry.
  function addNamed(index, column, i, hit) {
    const text = column.values[i];
    if (!text) return;
    const key = column.key + "\n" + text;
    if (!index.named.has(key)) {
      index.named.set(key, { text: text, low: fold(text), kind: column.label, hits: [], rank: 1 });
    }
    index.named.get(key).hits.push(hit);
  }

  function addPlaces(plan, index) {
    const layer = plan.byName.places;
    if (!layer) return;
    layer.ids.forEach((text, i) => {
      const kind = layer.groups[layer.group[i]].title;
      index.entries.push({ text: text, low: fold(text), kind: kind, hits: [{ layer: "places", index: i }], rank: 2 });
    });
  }

  function fold(text) {
    return String(text).toLowerCase().normalize("NFKC");
  }

  S.search = function (index, words) {
    const wanted = fold(words.trim());
    if (!wanted) return [];
    return index.entries
      .map((entry) => [score(entry.low, wanted), entry])
      .filter((pair) => pair[0] < 3)
      .sort((a, b) => a[0] - b[0] || a[1].rank - b[1].rank || (a[1].low < b[1].low ? -1 : 1))
      .slice(0, MOST)
      .map((pair) => pair[1]);
  };

  function score(text, wanted) {
    if (text === wanted) return 0;
    const place = text.indexOf(wanted);
    return place === 0 ? 1 : place > 0 ? 2 : 3;
  }

  // The box of several features [units].
  S.boxOfHits = function (plan, hits) {
    return hits.reduce((whole, hit) => {
      const box = S.boxOf(plan.byName[hit.layer].shapes, hit.index);
      return [
        Math.min(whole[0], box[0]), Math.min(whole[1], box[1]),
        Math.max(whole[2], box[2]), Math.max(whole[3], box[3]),
      ];
    }, [Infinity, Infinity, -Infinity, -Infinity]);
  };
})((window.SandGrid = window.SandGrid || {}));
