// The plan in memory: layers, texts in two languages, numbers as a reader sees them.
(function (S) {
  "use strict";

  S.openPlan = async function (block) {
    const packed = S.bytesFromBase64(document.getElementById(block).textContent);
    const bytes = await S.gunzip(packed);
    const size = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
    const plan = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
    plan.pictures = JSON.parse(document.getElementById("sandgrid-pictures").textContent);
    plan.byName = {};
    plan.layers.forEach((layer) => {
      plan.byName[layer.name] = layer;
      layer.plan = plan;
      readLayer(plan, layer, bytes, 4 + size);
    });
    S.readReasons(plan, bytes, 4 + size);
    plan.parcelTreatments = byParcel(plan.byName.treatments);
    return plan;
  };

  function readLayer(plan, layer, bytes, start) {
    const written = S.readShapes(bytes, start + layer.start, Math.pow(2, layer.coarse));
    const twin = layer.twin && plan.byName[layer.twin[0]].shapes;
    layer.shapes = S.indexShapes(twin ? S.joinTwins(written, twin, layer.twin[1]) : written);
    layer.column = {};
    layer.columns.forEach((column) => {
      if (!column.only_year) layer.column[column.key] = column;
    });
    const id = layer.columns[0];
    layer.ids = id ? id.values : null;
  }

  // Parcel id -> rows of the treatment layer.
  function byParcel(treatments) {
    const rows = new Map();
    if (!treatments) return rows;
    treatments.column.parcel_id.values.forEach((parcel, i) => {
      if (!rows.has(parcel)) rows.set(parcel, []);
      rows.get(parcel).push(i);
    });
    return rows;
  }

  S.pick = function (pair, lang) {
    return lang === "zh" ? pair[0] : pair[1];
  };

  S.text = function (plan, key, lang, values) {
    const pair = plan.texts[key];
    if (!pair) throw new Error("no text " + key);
    return S.pick(pair, lang).replace(/\{(\w+)\}/g, (whole, name) => String(values[name]));
  };

  // A code as a reader sees it; several may be joined by "+".
  S.codeText = function (plan, value, lang) {
    return value.split("+").map((code) => {
      const named = own(plan.names, code) || own(plan.texts, "code-" + code) ||
        own(plan.texts, "sequence-" + code) || own(plan.texts, "measure-" + code);
      return named ? S.pick(named, lang) : code;
    }).join(" + ");
  };

  function own(texts, key) {
    return Object.prototype.hasOwnProperty.call(texts, key) ? texts[key] : null;
  }

  S.numberText = function (value, column) {
    return (value / column.divisor).toLocaleString("en-US", {
      minimumFractionDigits: column.digits === 2 ? 2 : 0,
      maximumFractionDigits: column.digits,
    });
  };

  // The text of one cell, or "" where there is nothing to say.
  S.valueText = function (plan, column, i, lang) {
    const value = column.values[i];
    if (value === null || value === "") return "";
    if (column.kind === "text") return value;
    if (column.kind === "choice") return choiceText(plan, column, value, lang);
    if (column.kind === "year") return value > 0 ? String(value) : "";
    if (value === 0 && !column.zero) return "";
    const unit = S.pick(column.unit, lang);
    return S.numberText(value, column) + (unit ? " " + unit : "");
  };

  function choiceText(plan, column, value, lang) {
    if (column.key === "accepted") return S.text(plan, "value-accepted-" + value, lang);
    return S.codeText(plan, value, lang);
  }

  S.element = function (tag, name, children) {
    const node = document.createElement(tag);
    if (name) node.className = name;
    (children || []).forEach((child) => {
      node.append(child); // text stays text
    });
    return node;
  };
})((window.SandGrid = window.SandGrid || {}));
