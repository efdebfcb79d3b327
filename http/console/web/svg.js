import { colour, format, shortDay } from "./figures.js";

const width = 960, height = 420;
const frame = { left: 70, right: 24, top: 76, bottom: 44 };

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

// pictureOf draws a chart as SVG that stands by itself, in the colours of the page.
export function pictureOf(chart, figures) {
	const body = figures.kind === "steps" ? steps(figures) : overDays(figures);
	const legend = figures.kind === "steps" ? "" : figures.names.map((name, i) =>
		`<rect x="${frame.left + 150 * i}" y="46" width="11" height="11" rx="3" fill="${colour(`series-${i + 1}`)}"/>` +
		`<text x="${frame.left + 150 * i + 18}" y="56" fill="${colour("quiet")}">${escape(name)}</text>`).join("");
	return {
		width, height,
		text: `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Inter, system-ui, sans-serif" font-size="12">` +
			`<rect width="${width}" height="${height}" fill="${colour("surface")}"/>` +
			`<text x="24" y="34" font-size="18" font-weight="600" fill="${colour("ink")}">${escape(figures.title)}</text>${legend}${body}</svg>`,
	};
}

function overDays(figures) {
	const across = width - frame.left - frame.right, down = height - frame.top - frame.bottom;
	const top = niceTop(Math.max(0, ...figures.columns.flat()));
	const n = figures.days.length;
	const x = (i) => frame.left + (figures.kind === "bars" ? ((i + 0.5) * across) / n : (i * across) / Math.max(1, n - 1));
	const y = (v) => frame.top + down - (down * v) / top;
	let out = "";
	for (let k = 0; k <= 4; k++) {
		const v = (top * k) / 4;
		out += `<line x1="${frame.left}" x2="${width - frame.right}" y1="${y(v)}" y2="${y(v)}" stroke="${colour("line")}"/>` +
			`<text x="${frame.left - 10}" y="${y(v) + 4}" text-anchor="end" fill="${colour("quiet")}">${escape(format(v, figures.shares[0]))}</text>`;
	}
	const every = Math.ceil(n / 8);
	figures.days.forEach((day, i) => {
		if (i % every === 0) out += `<text x="${x(i)}" y="${height - 18}" text-anchor="middle" fill="${colour("quiet")}">${escape(shortDay(Date.parse(day) / 1000))}</text>`;
	});
	figures.columns.forEach((column, s) => {
		const ink = colour(`series-${s + 1}`);
		if (figures.kind === "bars") {
			const wide = Math.min(40, (0.7 * across) / n);
			out += column.map((v, i) => (v ? `<rect x="${x(i) - wide / 2}" y="${y(v)}" width="${wide}" height="${y(0) - y(v)}" rx="2" fill="${ink}"/>` : "")).join("");
			return;
		}
		let path = "", pen = "M";
		column.forEach((v, i) => {
			if (v === null) {
				pen = "M";
				return;
			}
			path += `${pen}${x(i).toFixed(1)} ${y(v).toFixed(1)}`;
			pen = "L";
		});
		out += `<path d="${path}" fill="none" stroke="${ink}" stroke-width="2" stroke-linejoin="round"/>`;
	});
	return out;
}

// steps are bars that lie, one a row of the table: the first column's.
function steps(figures) {
	const across = width - 260 - 150;
	const top = Math.max(1, ...figures.columns[0]);
	const room = Math.min(84, (height - 84) / Math.max(1, figures.labels.length));
	return figures.labels.map((label, i) => {
		const y = 64 + i * room, v = figures.columns[0][i] ?? 0;
		return `<text x="240" y="${y + room / 2 + 4}" text-anchor="end" font-size="14" fill="${colour("ink")}">${escape(label)}</text>` +
			`<rect x="260" y="${y + 4}" width="${across}" height="${room - 10}" rx="4" fill="${colour("raised")}"/>` +
			`<rect x="260" y="${y + 4}" width="${Math.max(1, (across * v) / top)}" height="${room - 10}" rx="4" fill="${colour("series-1")}"/>` +
			`<text x="${272 + across}" y="${y + room / 2 + 4}" font-size="14" fill="${colour("ink")}">${escape(format(v))} · ${escape(format(v / top, true))}</text>`;
	}).join("");
}

// niceTop is a round number at or above the highest value.
function niceTop(v) {
	if (v <= 0) return 1;
	const unit = 10 ** Math.floor(Math.log10(v));
	return [1, 2, 4, 5, 8, 10].map((m) => m * unit).find((t) => t >= v);
}
