// Puts the page together and hands out the few functions that search, tests and notebooks use.
(function (S) {
  "use strict";

  const NARROW = 720;
  const HIDDEN_FIRST = new Set(["other_parcels"]);

  // beside: the page of the plan that this one is set beside, or nothing
  S.start = function (map, beside) {
    const pair = beside ? "sg-second" : document.getElementById("sandgrid-plan-b") && "sg-first";
    if (pair) {
      map.getContainer().classList.add(pair);
      map.invalidateSize();
    }
    const app = { map: map, parts: makeParts(map.getContainer()), state: firstState() };
    const block = beside ? "sandgrid-plan-b" : "sandgrid-plan";
    const before = beside ? beside.opened : Promise.resolve(null);
    const opened = before.then((first) =>
      S.openPlan(block).then((plan) => open(app, plan, first)));
    const ready = opened.then((own) => before.then((first) => first && S.link(first, own)));
    ready.catch((error) => {
      app.parts.heading.replaceChildren(S.element("h1", "", [String(error.message)]));
    });
    return Object.assign(hook(app, ready), { opened: opened });
  };

  function firstState() {
    return {
      lang: "zh", year: 0, colourBy: "measure", shown: {}, chosen: null, place: null,
      measure: null, basemap: "", differing: false,
      touch: window.matchMedia("(pointer: coarse)").matches,
    };
  }

  function makeParts(container) {
    const parts = {};
    const make = (name, tag) => {
      parts[name] = S.element(tag || "div", "sg-" + name);
      return parts[name];
    };
    const bar = S.element("div", "sg-bar", [make("heading"), make("language", "button")]);
    const find = S.element("div", "sg-find", [make("search", "input"), make("results")]);
    const side = S.element("div", "sg-side", [make("fold", "button"), make("legend")]);
    const slider = make("slider");
    slider.append(make("yearLabel", "b"), make("range", "input"), make("ticks"), make("reached"));
    const left = S.element("div", "sg-left", [bar, find, make("shortfalls"), side]);
    const card = make("card");
    const page = S.element("div", "sg-page", [
      make("watermark"), left, card, slider, make("note"), make("tools"),
      make("measure"), make("message"),
    ]);
    parts.measure.hidden = parts.message.hidden = true;
    parts.search.type = "search";
    parts.range.type = "range";
    card.hidden = true;
    L.DomEvent.disableClickPropagation(page);
    L.DomEvent.on(page, "click", L.DomEvent.stopPropagation); // a row may be gone by then
    L.DomEvent.disableScrollPropagation(page);
    container.append(page);
    return parts;
  }

  function open(app, plan, first) {
    app.plan = plan;
    if (first) S.borrowGround(plan, first.plan);
    plan.shortBy = S.shortByDistrict(plan);
    app.index = S.makeIndex(plan);
    app.state.lang = plan.lang;
    app.state.year = plan.years[plan.years.length - 1] || 0;
    plan.layers.forEach((layer) => { app.state.shown[layer.name] = !HIDDEN_FIRST.has(layer.name); });
    app.state.shown.names = true;
    app.state.shown.ground = true;
    addActions(app);
    addPanes(app);
    addLayers(app);
    addEvents(app);
    S.addTools(app);
    S.watermark(app);
    redrawTexts(app);
    app.parts.legend.hidden = app.map.getSize().x < NARROW;
    return app;
  }

  function addPanes(app) {
    const pane = (name, order) => {
      app.map.createPane(name).style.zIndex = order;
      app.map.getPane(name).style.pointerEvents = "none";
    };
    pane("sg-basemap", 140);
    pane("sg-pictures", 150);
    pane("sg-names", 450);
  }

  function addLayers(app) {
    const map = app.map;
    app.pictures = {};
    app.plan.pictures.forEach((picture) => {
      const look = { pane: "sg-pictures", opacity: app.plan.shortfalls.length ? 0.35 : 0.75 };
      app.pictures[picture.name] = L.imageOverlay(picture.address, picture.bounds, look);
      if (app.state.shown[picture.name]) app.pictures[picture.name].addTo(map);
    });
    map.setMaxBounds(L.latLngBounds(app.plan.bounds).pad(0.6));
    map.fitBounds(app.plan.bounds, Object.assign({ animate: false }, fitOptions(app, false)));
    if (!map.getSize().x) { // a page that opens in the background has no size yet
      map.once("resize", () => map.fitBounds(app.plan.bounds, fitOptions(app, false)));
    }
    app.tiles = new S.PlanTiles(app.plan, app.state).addTo(map);
    app.labels = new S.Labels(app.plan, app.state).addTo(map);
    L.control.attribution({ prefix: "Leaflet", position: "bottomright" }).addTo(map);
    L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
    L.control.zoom({ position: "bottomright" }).addTo(map);
  }

  // Keeps what is shown clear of the furniture: beside it on a wide page, above it on a phone.
  function fitOptions(app, card) {
    const size = app.map.getSize();
    if (isPair()) return { paddingTopLeft: [12, 80], paddingBottomRight: [12, size.y < 500 ? 20 : 110] };
    if (size.x >= NARROW) {
      return { paddingTopLeft: [305, 34], paddingBottomRight: [card ? 315 : 12, card ? 110 : 12] };
    }
    return { paddingTopLeft: [8, 128], paddingBottomRight: [8, card ? 0.54 * size.y : 110] };
  }

  function isPair() {
    return Boolean(document.getElementById("sandgrid-plan-b"));
  }

  function addActions(app) {
    app.setYear = function (year) {
      app.state.year = Number(year);
      app.parts.range.value = String(app.plan.years.indexOf(app.state.year));
      S.drawYear(app);
      S.drawLegend(app);
      showCard(app);
      app.tiles.repaint();
    };
    app.setLang = function (lang) {
      app.state.lang = lang;
      redrawTexts(app);
      app.labels.draw();
    };
    app.setColour = function (name) {
      app.state.colourBy = name;
      S.drawLegend(app);
      app.tiles.repaint();
    };
    app.setDiffering = function (differing) {
      app.state.differing = differing;
      app.tiles.repaint();
      app.labels.draw();
    };
    app.setBasemap = function (name) {
      S.setBasemap(app, name);
      if (name) app.setShown("ground", false); // it would hide what was asked for
    };
    app.setShown = function (name, shown) {
      app.state.shown[name] = shown;
      app.parts.legend.querySelectorAll("input[data-layer]").forEach((check) => {
        const on = Boolean(app.state.shown[check.dataset.layer]);
        check.checked = on;
        check.closest("div").classList.toggle("sg-unshown", !on);
      });
      const picture = pictureOf(app, name);
      if (picture) picture[shown ? "addTo" : "removeFrom"](app.map);
      else app.tiles.repaint();
      app.labels.draw();
    };
  }

  // Eligible land is drawn into a picture when it is first asked for.
  function pictureOf(app, name) {
    if (!app.pictures[name] && S.eligiblePictures(app.plan).includes(name)) {
      const made = S.eligiblePicture(app.plan, name);
      app.pictures[name] = L.imageOverlay(made.address, made.bounds, {
        pane: "sg-pictures", opacity: 0.5, className: "sg-cells", // whole cells, not blurred
      });
    }
    return app.pictures[name];
  }

  function redrawTexts(app) {
    S.drawHeading(app);
    S.drawYear(app);
    S.drawLegend(app);
    S.drawShortfalls(app);
    S.drawTools(app);
    showCard(app);
  }

  function addEvents(app) {
    const parts = app.parts;
    app.chooseAt = (latlng) => {
      choose(app, S.hitsAt(app.plan, app.state, latlng, app.map.getZoom()), latlng);
    };
    app.map.on("click", (event) => {
      if (!S.measureAt(app, event.latlng)) app.chooseAt(event.latlng);
    });
    window.addEventListener("beforeprint", () => {
      parts.legend.hidden = false;
      S.drawPrint(app);
    });
    parts.language.addEventListener("click", () => {
      app.setLang(app.state.lang === "zh" ? "en" : "zh");
    });
    parts.fold.addEventListener("click", () => { parts.legend.hidden = !parts.legend.hidden; });
    parts.range.min = "0";
    parts.range.max = String(app.plan.years.length - 1);
    parts.range.step = "1";
    parts.range.value = parts.range.max;
    parts.range.addEventListener("input", () => app.setYear(app.plan.years[Number(parts.range.value)]));
    parts.ticks.replaceChildren(...app.plan.years.map((year) => S.element("span", "", [String(year)])));
    parts.search.addEventListener("input", () => showResults(app));
    parts.search.addEventListener("keydown", (event) => {
      const found = S.search(app.index, parts.search.value);
      if (event.key === "Enter" && found.length) goTo(app, found[0]);
    });
  }

  // place: where the click fell; none where a name was looked up
  function choose(app, hits, place) {
    app.hits = hits;
    app.state.place = place || null;
    app.state.chosen = hits.length ? hits[0] : null;
    showCard(app);
    app.labels.draw();
  }

  function showCard(app) {
    const card = app.parts.card;
    card.hidden = !app.hits || !app.hits.length;
    if (card.hidden) return card.replaceChildren();
    const close = S.element("button", "sg-close", ["×"]);
    close.setAttribute("aria-label", S.text(app.plan, "close", app.state.lang));
    close.addEventListener("click", () => choose(app, []));
    const body = S.cardOf(app.plan, app.state, app.hits, (hits) => choose(app, hits, app.state.place));
    return card.replaceChildren(close, body);
  }

  function showResults(app) {
    const found = S.search(app.index, app.parts.search.value);
    const rows = found.map((entry) => {
      const count = entry.hits.length > 1 ? " (" + entry.hits.length + ")" : "";
      const row = S.element("button", "sg-result", [
        S.element("b", "", [entry.text]), S.element("small", "", [S.pick(entry.kind, app.state.lang) + count]),
      ]);
      row.addEventListener("click", () => goTo(app, entry));
      return row;
    });
    const none = app.parts.search.value.trim()
      ? [S.element("p", "", [S.text(app.plan, "search-none", app.state.lang)])] : [];
    app.parts.results.replaceChildren(...(rows.length ? rows : none));
  }

  function goTo(app, entry) {
    app.parts.results.replaceChildren();
    const first = entry.hits[0];
    app.parts.search.blur();
    entry.hits.forEach((hit) => reveal(app, hit.layer));
    showBox(app, S.boxOfHits(app.plan, entry.hits));
    const single = entry.hits.length === 1 && first.layer !== "places";
    choose(app, single ? entry.hits : []);
    if (app.twin && single) {
      const at = S.labelPlace(app.plan.byName[first.layer].shapes, first.index);
      app.twin.chooseAt(S.latLngAt(at[0], at[1]));
    }
  }

  function reveal(app, name) {
    if (app.state.shown[name] || !app.plan.byName[name]) return;
    app.setShown(name, true);
  }

  function showBox(app, box) {
    const bounds = L.latLngBounds(S.latLngAt(box[0], box[3]), S.latLngAt(box[2], box[1]));
    app.map.fitBounds(bounds.pad(0.4), Object.assign({ maxZoom: 15, animate: false }, fitOptions(app, true)));
  }

  // What tests, notebooks and the console may call.
  function hook(app, ready) {
    const at = (lon, lat) => L.latLng(lat, lon);
    const named = (hits) => hits.map((hit) => [hit.layer, app.plan.byName[hit.layer].ids[hit.index]]);
    return {
      ready: ready.then(() => true),
      map: app.map,
      search: (words) => S.search(app.index, words).map((entry) => [entry.text, named(entry.hits)]),
      hitsAt: (lon, lat) => named(S.hitsAt(app.plan, app.state, at(lon, lat), app.map.getZoom())),
      look: (lon, lat, zoom) => { app.map.setView(at(lon, lat), zoom, { animate: false }); },
      pixelAt: (lon, lat) => app.map.latLngToContainerPoint(at(lon, lat)),
      setYear: (year) => app.setYear(year),
      setLang: (lang) => app.setLang(lang),
      setShown: (name, shown) => app.setShown(name, shown),
      open: (layer, index) => choose(app, [{ layer: layer, index: index }]),
      clickAt: (lon, lat) => app.chooseAt(at(lon, lat)),
      close: () => choose(app, []),
      reasonsAt: (lon, lat) => S.reasonsAt(app.plan, at(lon, lat)),
      toGcj: (lon, lat) => { const p = S.toGcj(at(lon, lat)); return [p.lng, p.lat]; },
      measure: (corners) => [S.areaOf(corners), S.lengthOf(corners, true)],
      layerHasCard: (layer) => S.answers(layer),
      counts: () => app.plan.layers.map((layer) => [layer.name, layer.shapes.count]),
      show: (words) => goTo(app, S.search(app.index, words)[0]),
      painted: () => new Promise((done) => {
        if (!app.tiles.running) done(true);
        else app.tiles.once("painted", () => done(true));
      }),
      state: () => JSON.parse(JSON.stringify(app.state)),
    };
  }
})((window.SandGrid = window.SandGrid || {}));
