// The interface page: follows the system's theme, finds operations, calls public addresses, copies command lines.
const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => { document.documentElement.dataset.theme = dark.matches ? "dark" : "light"; };
dark.addEventListener("change", paint);
paint();

const filter = document.getElementById("filter");
filter.addEventListener("input", () => {
  const words = filter.value.trim().toLowerCase().split(/\s+/);
  for (const item of document.querySelectorAll("[data-find]")) {
    const text = item.dataset.find.toLowerCase();
    item.hidden = !words.every((word) => text.includes(word));
  }
  for (const group of document.querySelectorAll("section.operations, li.group")) {
    group.hidden = !group.querySelector("[data-find]:not([hidden])");
  }
});

const show = (output, head, text) => {
  const title = document.createElement("p");
  title.className = "caption";
  title.textContent = head;
  const block = document.createElement("pre");
  block.textContent = text;
  output.replaceChildren(title, block);
  output.hidden = false;
};

const pretty = (text) => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};

for (const form of document.querySelectorAll("form.try")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    const output = form.querySelector("output");
    button.setAttribute("aria-busy", "true");
    const started = performance.now();
    try {
      const answer = await fetch(form.dataset.url, { headers: { Accept: "application/json" }, cache: "no-store" });
      const text = await answer.text();
      const took = (performance.now() - started).toFixed(1);
      show(output, `${answer.status} · ${took} ms · ${answer.headers.get("X-Request-Id") ?? ""}`, pretty(text));
    } catch {
      show(output, "No answer", "The server could not be reached. Check that it runs, then call again.");
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
}

for (const button of document.querySelectorAll("button.copy")) {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
}
