import { figuresOf } from "./figures.js";
import { pictureOf } from "./svg.js";

// exportFrom hands out a chart as a file: its picture as SVG or PNG, its figures as CSV.
export async function exportFrom(chart, kind) {
	const figures = figuresOf(chart);
	const name = (chart.id || "chart") + "." + kind;
	if (kind === "csv") {
		save(new Blob(["\ufeff", csvOf(figures)], { type: "text/csv;charset=utf-8" }), name);
		return;
	}
	const svg = pictureOf(chart, figures);
	if (kind === "svg") {
		save(new Blob([svg.text], { type: "image/svg+xml" }), name);
		return;
	}
	save(await pngOf(svg), name);
}

function csvOf(figures) {
	const quoted = (v) => (/[",\n]/.test(v) ? `"${v.replaceAll('"', '""')}"` : v);
	const lines = [[figures.head, ...figures.names], ...figures.days.map((day, i) => [day, ...figures.columns.map((c) => c[i] ?? "")])];
	return lines.map((line) => line.map((v) => quoted(String(v))).join(",")).join("\r\n") + "\r\n";
}

// sharpness is how many pixels a PNG has to a unit of the picture.
const sharpness = 2;

async function pngOf(svg) {
	const image = new Image(svg.width, svg.height);
	image.src = URL.createObjectURL(new Blob([svg.text], { type: "image/svg+xml" }));
	await image.decode();
	const canvas = document.createElement("canvas");
	canvas.width = svg.width * sharpness;
	canvas.height = svg.height * sharpness;
	canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
	URL.revokeObjectURL(image.src);
	return new Promise((done) => canvas.toBlob(done, "image/png"));
}

function save(blob, name) {
	const link = document.createElement("a");
	link.href = URL.createObjectURL(blob);
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
