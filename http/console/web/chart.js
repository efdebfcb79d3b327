import uPlot from "uplot/uPlot.esm.js";
import { colour, figuresOf, format, shortDay } from "./figures.js";

const height = 220;
const drawn = new Map(); // by chart: its picture

export function drawCharts(root) {
	for (const chart of root.querySelectorAll("[data-chart=line], [data-chart=bars]")) {
		if (!drawn.has(chart)) draw(chart);
	}
	for (const chart of drawn.keys()) {
		if (!chart.isConnected) drawn.delete(chart);
	}
}

function draw(chart) {
	const figures = figuresOf(chart);
	const place = chart.querySelector(".plot");
	const legend = [...chart.querySelectorAll(".legend li")];
	for (const item of legend) item.append(" ", document.createElement("output"));
	const said = legend.map((item) => item.querySelector("output"));
	const tell = (at) => said.forEach((out, i) => {
		out.value = at === null ? "" : format(figures.columns[i][at], figures.shares[i]);
	});
	const days = figures.days.map((d) => Date.parse(d) / 1000);
	const picture = new uPlot(optionsFor(figures, place.clientWidth, tell), [days, ...figures.columns], place);
	drawn.set(chart, picture);
	new ResizeObserver(() => picture.setSize({ width: place.clientWidth, height })).observe(place);
}

function optionsFor(figures, width, tell) {
	const axis = {
		stroke: () => colour("quiet"),
		grid: { stroke: () => colour("line"), width: 1 },
		ticks: { show: false },
		font: "12px Inter, sans-serif",
	};
	const share = figures.shares[0];
	const edge = figures.kind === "bars" ? 43200 : 0; // half a day
	return {
		width, height,
		tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
		legend: { show: false },
		padding: [10, 28, 0, 0], // half a label of the last day fits
		cursor: { y: false, points: { size: 8 }, drag: { x: false, y: false } },
		scales: { x: { time: true, range: (_, first, last) => [first - edge, last + edge] }, y: { range: (_, low, high) => [0, high > 0 ? high * 1.08 : 1] } },
		axes: [
			{ ...axis, grid: { show: false }, size: 30, space: 70, values: (_, splits) => splits.map(shortDay), incrs: [1, 2, 3, 7, 14, 28].map((d) => d * 86400) },
			{ ...axis, size: 52, space: 40, values: (_, splits) => splits.map((v) => (share || Number.isInteger(v) ? format(v, share) : "")) },
		],
		series: [{}, ...figures.names.map((_, i) => seriesOf(figures.kind, i))],
		hooks: { setCursor: [(u) => tell(u.cursor.idx ?? null)] },
	};
}

function seriesOf(kind, i) {
	const stroke = () => colour(`series-${i + 1}`);
	const base = { stroke, width: 2, points: { show: true, filter: marked, size: 6, fill: stroke } };
	if (kind === "bars") {
		return { ...base, width: 0, fill: stroke, points: { show: false }, paths: uPlot.paths.bars({ size: [0.7, 40], radius: 0.2 }) };
	}
	if (i === 0) base.fill = () => `${colour(`series-${i + 1}`)}1f`;
	return base;
}

// marked are the days that get a point: all where there are few, else those that no line reaches.
function marked(u, series) {
	const values = u.data[series];
	const few = values.length < 15;
	return values.flatMap((v, i) => (v != null && (few || (values[i - 1] ?? values[i + 1]) == null) ? [i] : []));
}

// When colours change, so do pictures.
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
	for (const picture of drawn.values()) picture.redraw();
});
