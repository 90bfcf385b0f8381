/* Live clocks. The page is right without this; with it, it stays right while it lies open, on a wrong clock too. */
(function () {
  "use strict";
  var body = document.body;
  var words = body.dataset;
  var ahead = Date.parse(words.now) - Date.now();

  function span(ms) {
    var minutes = Math.floor(Math.abs(ms) / 60000);
    var hours = Math.floor(minutes / 60);
    if (hours >= 72) {
      return words.days.replace("{d}", Math.floor(hours / 24)).replace("{h}", hours % 24);
    }
    return words.hours.replace("{h}", hours).replace("{m}", String(minutes % 60).padStart(2, "0"));
  }

  function tick() {
    var now = words.still ? Date.parse(words.now) : Date.now() + ahead;
    document.querySelectorAll("[data-due]").forEach(function (node) {
      var left = Date.parse(node.dataset.due) - now;
      var text = (left >= 0 ? words.left : words.late).replace("{}", span(left));
      if (node.textContent !== text) { node.textContent = text; }
      node.classList.toggle("over", left < 0);
    });
  }

  function offset(at) {
    var minutes = -at.getTimezoneOffset();
    var size = Math.abs(minutes);
    return (minutes < 0 ? "-" : "+") + String(Math.floor(size / 60)).padStart(2, "0") + ":" + String(size % 60).padStart(2, "0");
  }

  function local(root) {
    root.querySelectorAll("time[datetime] .local").forEach(function (node) {
      var at = new Date(node.parentNode.getAttribute("datetime"));
      if (isNaN(at)) { return; }
      var options = { hour: "2-digit", minute: "2-digit", hour12: false };
      if (at.getDate() !== at.getUTCDate()) { options.day = "numeric"; options.month = "short"; }
      node.textContent = "(" + at.toLocaleString(document.documentElement.lang, options) + " " + offset(at) + ", " + words.here + ")";
    });
  }

  local(document);
  tick();
  window.setInterval(tick, 1000);
  document.addEventListener("htmx:afterSwap", function () { local(document); tick(); });
  var errors = document.getElementById("errors");
  if (errors) { errors.focus(); }
  document.querySelectorAll("[data-print]").forEach(function (node) {
    node.hidden = false;
    node.addEventListener("click", function () { window.print(); });
  });
}());
