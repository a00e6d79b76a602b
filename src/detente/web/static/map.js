// The map: an offline basemap, what the desk shows (as GeoJSON of this node), and drawing an outline.
"use strict";
(function () {
  const place = document.getElementById("map");
  if (!place || !window.ol) return;
  const text = function (feature, size, lower) {
    return new ol.style.Text({ text: feature.get("label") || "", font: size + "px system-ui, sans-serif", fill: new ol.style.Fill({ color: "#15202b" }), stroke: new ol.style.Stroke({ color: "#fff", width: 3 }), overflow: true, offsetY: lower });
  };
  const COLOURS = { concentrated: ["#8c2d04", "rgba(236,130,78,.35)"], significant: ["#b06a00", "rgba(245,190,90,.35)"], mixed: ["#444444", "rgba(120,120,120,.35)"], mainly_civilian: ["#2e5f8a", "rgba(120,170,215,.35)"], opposition: ["#6b2a86", "rgba(150,80,180,.3)"] };
  function style(feature) {
    const found = COLOURS[feature.get("kind")] || ["#333333", "rgba(80,80,80,.2)"];
    const open = feature.get("state") !== "agreed" && feature.get("state") !== "named";
    feature.set("label", feature.get("area") + (feature.get("version") ? " v" + feature.get("version") : "") + (open ? " proposed" : ""), true);
    return new ol.style.Style({ stroke: new ol.style.Stroke({ color: found[0], width: 2.5, lineDash: open ? [8, 6] : undefined }), fill: new ol.style.Fill({ color: open ? "rgba(255,255,255,.15)" : found[1] }), text: text(feature, 13, open ? 18 : 0) });
  }
  const read = new ol.format.GeoJSON({ featureProjection: "EPSG:3857" });
  const ground = new ol.source.Vector({ url: "/static/basemap/theatre.json", format: read, attributions: "Natural Earth (public domain); places: GeoNames (CC BY 4.0)" });
  const desk = new ol.source.Vector();
  const drawn = new ol.source.Vector();
  function basemap(feature, resolution) {
    const kind = feature.get("kind");
    if (kind === "land") return new ol.style.Style({ fill: new ol.style.Fill({ color: "#f5f2e9" }), stroke: new ol.style.Stroke({ color: "#9a9488", width: 1 }) });
    if (kind === "border") return new ol.style.Style({ stroke: new ol.style.Stroke({ color: "#8a8274", width: 1.2, lineDash: [6, 4] }) });
    if (kind === "water") return new ol.style.Style({ stroke: new ol.style.Stroke({ color: "#8fb3cc", width: 1 }), fill: new ol.style.Fill({ color: "#dbe6ee" }) });
    const size = feature.get("people");
    if ((size < 200000 && resolution > 400) || (size < 40000 && resolution > 150)) return null;
    return new ol.style.Style({ image: new ol.style.Circle({ radius: 2.5, fill: new ol.style.Fill({ color: "#555" }) }), text: new ol.style.Text({ text: feature.get("en") + "\n" + feature.get("ar"), offsetY: -14, font: "11px system-ui, sans-serif", fill: new ol.style.Fill({ color: "#3d4650" }), stroke: new ol.style.Stroke({ color: "#fff", width: 2.5 }) }) });
  }
  const map = new ol.Map({
    target: place,
    layers: [
      new ol.layer.Vector({ source: ground, style: basemap, declutter: true }),
      new ol.layer.Vector({ source: desk, style: style }),
      new ol.layer.Vector({ source: drawn, style: new ol.style.Style({ stroke: new ol.style.Stroke({ color: "#0b4a86", width: 3 }), fill: new ol.style.Fill({ color: "rgba(11,74,134,.15)" }) }) })
    ],
    view: new ol.View({ center: ol.proj.fromLonLat([38.5, 35.0]), zoom: 6.6, minZoom: 5, maxZoom: 15 }),
    controls: ol.control.defaults.defaults().extend([new ol.control.ScaleLine()])
  });
  place.setAttribute("tabindex", "0");
  let fitted = false;
  async function load() {
    const answer = await fetch("/map/" + place.dataset.what);
    if (!answer.ok) return;
    desk.clear(true);
    desk.addFeatures(read.readFeatures(await answer.json()));
    if (!fitted && desk.getFeatures().length) { fitted = true; map.getView().fit(desk.getExtent(), { padding: [60, 60, 60, 60], maxZoom: 10 }); }
    map.once("rendercomplete", function () { place.dataset.drawn = String(desk.getFeatures().length); });
    map.render();
  }
  document.addEventListener("record-changed", load);
  load();
  const pointer = document.getElementById("pointer");
  if (pointer) map.on("pointermove", function (event) {
    const at = ol.proj.toLonLat(event.coordinate);
    const hit = map.forEachFeatureAtPixel(event.pixel, function (feature) { return feature; }, { layerFilter: function (layer) { return layer.getSource() === desk; } });
    pointer.textContent = at[1].toFixed(4) + " N " + at[0].toFixed(4) + " E" + (hit ? " · " + hit.get("label") + ", " + String(hit.get("kind")).replace("_", " ") + ", " + hit.get("state") + ", keys " + (hit.get("keys") || []).join(" + ") : "");
  });
  const outline = document.getElementById("outline");
  if (place.dataset.draw && outline) {
    const draw = new ol.interaction.Draw({ source: drawn, type: "Polygon" });
    let on = false;
    const button = document.createElement("button");
    button.type = "button"; button.textContent = "Draw an outline"; button.className = "quiet";
    button.addEventListener("click", function () {
      on = !on; button.textContent = on ? "Stop drawing" : "Draw an outline";
      if (on) map.addInteraction(draw); else map.removeInteraction(draw);
    });
    place.after(button);
    draw.on("drawstart", function () { drawn.clear(); });
    draw.on("drawend", function (event) {
      const name = document.querySelector("input[name=area]").value || "drawn";
      const geometry = JSON.parse(read.writeGeometry(event.feature.getGeometry(), { featureProjection: "EPSG:3857", decimals: 6 }));
      outline.value = JSON.stringify({ type: "FeatureCollection", features: [{ type: "Feature", properties: { area: name }, geometry: geometry }] });
    });
  }
})();
