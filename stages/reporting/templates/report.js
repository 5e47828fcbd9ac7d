(() => {
  "use strict";

  // A cell by which a table is sorted: what has a number before words, and what is missing last in either direction.
  const NUMBER = 0, WORD = 1, MISSING = 2;
  const NEXT = { none: "ascending", ascending: "descending", descending: "none" };

  function sortKey(cell) {
    const text = cell.textContent.trim(), number = cell.dataset.sort;
    if (number === "" || text === "") return { kind: MISSING };
    return number === undefined ? { kind: WORD, value: text } : { kind: NUMBER, value: Number(number) };
  }

  function compare(one, two, direction) {
    if (one.kind === MISSING || two.kind === MISSING) return one.kind - two.kind;
    if (one.kind !== two.kind) return direction * (one.kind - two.kind);
    if (one.kind === NUMBER) return direction * (one.value - two.value);
    return direction * one.value.localeCompare(two.value, "en", { numeric: true });
  }

  function makeSortable(table) {
    const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
    if (!body || body.rows.length < 2) return;
    const original = [...body.rows];
    heads.forEach((head, column) => {
      if (head.textContent.trim() === "") return;
      const button = document.createElement("button");
      button.type = "button";
      button.title = "Sort by this column";
      const words = document.createElement("span");
      words.append(...head.childNodes);
      button.append(words);
      head.append(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const order = NEXT[head.getAttribute("aria-sort")];
        heads.forEach((other) => other.hasAttribute("aria-sort") && other.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", order);
        const keys = new Map(original.map((row) => [row, sortKey(row.cells[column])]));
        const direction = order === "descending" ? -1 : 1;
        const rows = order === "none" ? original : [...original].sort((a, b) => compare(keys.get(a), keys.get(b), direction));
        body.append(...rows);
      });
    });
  }

  document.querySelectorAll(".table:not(.heat) > table").forEach(makeSortable);

  // The units.
  const MATTERS = 0.2; // what Cohen called a small effect
  const UNITS_OF = { shift: "standard deviations", effect: "d_z", largest: "the state" };

  function written(value, signed) {
    if (value === null) return "–";
    if (value === 0) return "0";
    const size = Math.abs(value);
    let digits = size < 1e-3 || size >= 1e4 ? size.toExponential(1).replace("+", "") : String(Number(size.toPrecision(3)));
    if (!digits.includes("e")) digits = size.toPrecision(3);
    return (value < 0 ? "−" : signed ? "+" : "") + digits;
  }

  function element(tag, properties, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  function explore(explorer, models) {
    const form = explorer.querySelector("form"), fields = form.elements;
    const head = explorer.querySelector("thead"), body = explorer.querySelector("tbody");
    const output = explorer.querySelector("output"), summary = explorer.querySelector(".summary");
    const [low, high] = explorer.querySelectorAll(".legend span"), scale = explorer.querySelector(".legend i");

    function offer(select, values) {
      const before = select.value;
      const options = [...new Set(values.map(String))];
      select.replaceChildren(...options.map((value) => element("option", { value }, value)));
      select.value = options.includes(before) ? before : options[0];
    }

    function chosenModel() {
      offer(fields.side, models.map((model) => model.side));
      const here = models.filter((model) => model.side === fields.side.value);
      offer(fields.variant, here.map((model) => model.variant));
      const alike = here.filter((model) => model.variant === fields.variant.value);
      offer(fields.seed, alike.map((model) => model.seed));
      return alike.find((model) => String(model.seed) === fields.seed.value);
    }

    function colour(value, most) {
      const share = most ? Math.abs(value) / most : 0;
      return `rgba(var(--${value < 0 ? "less" : "more"}), ${share.toFixed(3)})`;
    }

    function bar(value, most, signed) {
      const width = most && value !== null ? (Math.abs(value) / most) * (signed ? 50 : 100) : 0;
      const filled = element("span", { className: value < 0 ? "less" : "" });
      filled.style.width = `${width}%`;
      filled.style.left = signed ? `${value < 0 ? 50 - width : 50}%` : "0";
      return element("div", { className: signed ? "bar signed" : "bar" }, filled);
    }

    function square(value, most, pads, chosen, signed, unit) {
      const filled = element("i", {});
      const says = `unit ${unit}, ${pads} pads: ${written(value, signed)}`;
      if (value !== null) filled.style.background = colour(value, most);
      const cell = element("td", { className: `at${chosen ? " chosen" : ""}${value === null ? " none" : ""}`, title: says }, filled);
      cell.setAttribute("aria-label", says);
      return cell;
    }

    function say(model, values, order, measure, pads) {
      const defined = values.filter((value) => value !== null);
      const name = `${pads} extra pad${pads === 1 ? "" : "s"}`;
      if (!defined.length) return `Under ${name} the movement of no unit of ${model.state} is defined.`;
      const most = values[order[0]];
      const largest = `unit ${order[0]} moves most: ${written(most, measure !== "largest")}`;
      if (measure === "largest") return `Under ${name}, of ${values.length} units of ${model.state}, ${largest}.`;
      const moved = defined.filter((value) => Math.abs(value) > MATTERS).length;
      return `Under ${name}, ${moved} of ${values.length} units of ${model.state} move by more than ${MATTERS} (${UNITS_OF[measure]}); ${largest}.`;
    }

    function draw() {
      const model = chosenModel(), measure = fields.measure.value, signed = measure !== "largest";
      fields.pads.max = model.pads.length - 1;
      const at = Number(fields.pads.value), values = model[measure][at];
      const size = (unit) => (values[unit] === null ? -1 : Math.abs(values[unit]));
      const order = values.map((_, unit) => unit).sort((a, b) => size(b) - size(a));
      const most = Math.max(0, ...model[measure].flat().map((value) => Math.abs(value || 0)));
      output.textContent = model.pads[at];
      fields.pads.setAttribute("aria-valuetext", `${model.pads[at]} extra pads`);
      summary.textContent = say(model, values, order, measure, model.pads[at]);
      low.textContent = signed ? written(-most, true) : "0";
      high.textContent = written(most, signed);
      scale.style.background = `linear-gradient(90deg, ${signed ? "rgb(var(--less)), " : ""}transparent, rgb(var(--more)))`;
      const columns = model.pads.map((pads, index) => element("th", { className: `at${index === at ? " chosen" : ""}`, scope: "col" }, String(pads)));
      const names = ["unit", "movement", ""].map((name) => element("th", { scope: "col" }, name));
      names[1].className = "bars";
      head.replaceChildren(element("tr", {}, ...names, ...columns));
      body.replaceChildren(...order.map((unit) => element("tr", {},
        element("th", { scope: "row" }, String(unit)),
        element("td", { className: "bars" }, bar(values[unit], most, signed)),
        element("td", { className: "value" }, written(values[unit], signed)),
        ...model.pads.map((pads, index) => square(model[measure][index][unit], most, pads, index === at, signed, unit)))));
    }

    form.addEventListener("input", draw);
    form.addEventListener("submit", (event) => event.preventDefault());
    fields.pads.max = models[0].pads.length - 1;
    fields.pads.value = fields.pads.max;
    explorer.hidden = false;
    draw();
  }

  const data = document.getElementById("models");
  if (data) explore(document.getElementById("explorer"), JSON.parse(data.textContent));
})();
