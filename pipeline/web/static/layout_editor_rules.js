// Ruled lines of the blank form, found in its picture beside an edge that is being moved.

/** @typedef {import("./layout_editor_zones.js").Box} Box */

const DARK = 150;
const LEAST_SHARE = 0.55;

/** The picture of a form as numbers; asked for the nearest rule. */
export class Rules {
  /**
   * @param {HTMLImageElement} image  loaded
   * @param {number} widthMm  of the paper
   */
  constructor(image, widthMm) {
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
    context.drawImage(image, 0, 0);
    this.width = canvas.width;
    this.height = canvas.height;
    this.scale = canvas.width / widthMm;
    const data = context.getImageData(0, 0, this.width, this.height).data;
    this.dark = new Uint8Array(this.width * this.height);
    for (let at = 0; at < this.dark.length; at += 1) this.dark[at] = data[at * 4] < DARK ? 1 : 0;
  }

  /**
   * Edges of a box, each moved onto the rule that lies nearest within reach; an edge without one stays.
   * @param {Box} box @param {number} reachMm @param {{left?: boolean, top?: boolean, right?: boolean, bottom?: boolean}} edges
   * @returns {Box}
   */
  snapped(box, reachMm, edges = { left: true, top: true, right: true, bottom: true }) {
    const [right, bottom] = [box.x + box.width, box.y + box.height];
    const across = [box.y, bottom];
    const along = [box.x, right];
    const left = edges.left ? this.#near(box.x, across, reachMm, true) : box.x;
    const top = edges.top ? this.#near(box.y, along, reachMm, false) : box.y;
    const end = edges.right ? this.#near(right, across, reachMm, true) : right;
    const foot = edges.bottom ? this.#near(bottom, along, reachMm, false) : bottom;
    return { x: left, y: top, width: Math.max(end - left, 0.5), height: Math.max(foot - top, 0.5) };
  }

  /** A box moved as it is, by the nearest rule of its four edges. @param {Box} box @param {number} reachMm @returns {Box} */
  moved(box, reachMm) {
    const to = this.snapped(box, reachMm);
    const nearest = (/** @type {number[]} */ steps) =>
      steps.filter((step) => step !== 0).sort((one, other) => Math.abs(one) - Math.abs(other))[0] ?? 0;
    const x = nearest([to.x - box.x, to.x + to.width - box.x - box.width]);
    const y = nearest([to.y - box.y, to.y + to.height - box.y - box.height]);
    return { ...box, x: box.x + x, y: box.y + y };
  }

  /** @param {number} edge @param {number[]} span @param {number} reachMm @param {boolean} upright */
  #near(edge, span, reachMm, upright) {
    const [from, to] = span.map((value) => Math.round(value * this.scale));
    const middle = Math.round(edge * this.scale);
    const reach = Math.round(reachMm * this.scale);
    const shares = [];
    for (let at = middle - reach; at <= middle + reach; at += 1) shares.push(this.#share(at, from, to, upright));
    const best = Math.max(...shares);
    if (best < LEAST_SHARE) return edge;
    // The middle of the run of dark lines that lies nearest: rules are several pixels thick.
    const dark = shares.map((share, at) => (share >= Math.max(LEAST_SHARE, best * 0.8) ? at : -1)).filter((at) => at >= 0);
    const first = dark.reduce((near, at) => (Math.abs(at - reach) < Math.abs(near - reach) ? at : near));
    let [low, high] = [first, first];
    while (dark.includes(low - 1)) low -= 1;
    while (dark.includes(high + 1)) high += 1;
    return (middle - reach + (low + high) / 2 + 0.5) / this.scale;
  }

  /** @param {number} at @param {number} from @param {number} to @param {boolean} upright */
  #share(at, from, to, upright) {
    const most = upright ? this.width : this.height;
    const length = upright ? this.height : this.width;
    if (at < 0 || at >= most) return 0;
    const [first, last] = [Math.max(from, 0), Math.min(to, length)];
    let dark = 0;
    for (let other = first; other < last; other += 1) {
      dark += upright ? this.dark[other * this.width + at] : this.dark[at * this.width + other];
    }
    return dark / Math.max(last - first, 1);
  }
}
