// A chart's figures are in the table beside it.
export function figuresOf(chart) {
	const table = chart.querySelector("table");
	const places = [...table.tHead.rows[0].cells].map((_, i) => i).slice(1).filter((i) => !("skip" in table.tHead.rows[0].cells[i].dataset));
	const heads = places.map((i) => table.tHead.rows[0].cells[i]);
	const rows = [...table.querySelectorAll("tbody tr")];
	return {
		title: chart.dataset.title,
		kind: chart.dataset.chart,
		head: table.tHead.rows[0].cells[0].textContent.trim(),
		names: heads.map((h) => h.textContent.trim()),
		shares: heads.map((h) => h.hasAttribute("data-share")),
		labels: rows.map((r) => r.cells[0].textContent.trim()),
		days: rows.map((r) => r.querySelector("time")?.dateTime ?? r.cells[0].textContent.trim()),
		columns: heads.map((_, i) => rows.map((r) => {
			const value = r.cells[places[i]].dataset.value;
			return value === undefined || value === "" ? null : Number(value);
		})),
	};
}

const locale = document.documentElement.lang;
const counts = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
const shares = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });

// format is a value as people read it.
export function format(value, share) {
	if (value === null || value === undefined) return "–";
	return (share ? shares : counts).format(value);
}

// colour is what a custom property of the style sheet is just now.
export function colour(name) {
	return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// shortDay is a day as an axis has it.
export function shortDay(seconds) {
	return new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" }).format(new Date(seconds * 1000));
}
