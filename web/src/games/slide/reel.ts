import { plainWire } from "../../state/amounts.svelte";
import { toneOf } from "../kit/tones";

/** Cells a second while the point is unknown. */
const SPEED = 11;
const RETURN = 0.98;
export const LANDING_MS = 2_000;
const CELL = 116;
const HEIGHT = 128;

/** The strip of multipliers on its canvas. What stands beside the point is for the eye alone. */
export class Reel {
  private context: CanvasRenderingContext2D;
  private width = 0;
  private height = 0;
  private round = "";
  private seed = 0;
  /** Where it stood when the point came, and how far it still goes. */
  private from = 0;
  private way = 0;
  private last: string | null = null;

  constructor(
    private canvas: HTMLCanvasElement,
    private surface: () => { cell: string; ink: string },
  ) {
    this.context = canvas.getContext("2d")!;
  }

  resize(width: number, height: number): void {
    const dots = Math.min(window.devicePixelRatio || 1, 2);
    this.canvas.width = Math.round(width * dots);
    this.canvas.height = Math.round(height * dots);
    this.context.setTransform(dots, 0, 0, dots, 0, 0);
    this.width = width;
    this.height = height;
  }

  /** Another round: other neighbours. The same again changes nothing. */
  begin(id: string): void {
    if (id === this.round) return;
    this.round = id;
    this.seed = [...id].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, 7);
    this.last = null;
    this.way = 0;
  }

  /** The point is known: from here on it slows down and stops there. */
  land(runMs: number, point: string): void {
    this.from = this.position(runMs);
    // A cubic end that begins as fast as it ran.
    this.way = Math.round(this.from + (SPEED * LANDING_MS) / 3_000) - this.from;
    this.last = point;
  }

  /** `landedMs`: since the point came; null while it runs. The answer is the cell in the middle. */
  draw(runMs: number, landedMs: number | null): number {
    const share = landedMs === null ? 0 : Math.min(landedMs / LANDING_MS, 1);
    const at = landedMs === null ? this.position(runMs) : this.from + this.way * (1 - (1 - share) ** 3);
    const { context, width, height } = this;
    context.clearRect(0, 0, width, height);
    const reach = Math.ceil(width / CELL / 2) + 1;
    const middle = Math.round(at);
    for (let index = middle - reach; index <= middle + reach; index += 1) this.cell(index, at, share === 1);
    return middle;
  }

  private position(runMs: number): number {
    return (SPEED * Math.max(runMs, 0)) / 1_000;
  }

  private valueAt(index: number): string {
    if (this.last !== null && index === Math.round(this.from + this.way)) return this.last;
    let mixed = Math.imul(index ^ this.seed, 0x9e3779b1);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
    const share = ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 32;
    return Math.max(1, Math.min(RETURN / (1 - share), 9_999)).toFixed(2);
  }

  private cell(index: number, at: number, isStill: boolean): void {
    const { context, width, height } = this;
    const away = index - at;
    const near = Math.max(0, 1 - Math.abs(away));
    const value = this.valueAt(index);
    const tone = toneOf(value);
    const isPoint = isStill && Math.abs(away) < 0.5;
    const grown = 1 + 0.14 * near;
    const [w, h] = [(CELL - 12) * grown, HEIGHT * grown];
    const x = width / 2 + away * CELL;
    context.globalAlpha = Math.max(0.12, 1 - Math.abs(away) / (width / CELL / 1.7)) * (isStill && !isPoint ? 0.45 : 1);
    const { cell, ink } = this.surface();
    context.fillStyle = cell;
    context.beginPath();
    context.roundRect(x - w / 2, height / 2 - h / 2, w, h, 14);
    context.fill();
    if (isPoint) {
      context.fillStyle = `${tone}38`;
      context.fill();
      context.strokeStyle = tone;
      context.lineWidth = 3;
      context.stroke();
    }
    context.fillStyle = tone;
    context.beginPath();
    context.roundRect(x - w / 2 + 16, height / 2 + h / 2 - 15, w - 32, 5, 3);
    context.fill();
    context.fillStyle = isPoint ? tone : ink;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.font = `800 ${(value.length > 6 ? 20 : 25) * grown}px 'Figtree Variable', system-ui, sans-serif`;
    context.fillText(`${plainWire(value)}×`, x, height / 2 - 3);
    context.globalAlpha = 1;
  }
}
