import { heightAt, reachedMs } from "../live/growth";

/** What is drawn: the run's millisecond, where others left, how it ended. */
export type Scene = {
  runMs: number;
  flying: boolean;
  /** Milliseconds since the crash was shown; null while there is none. */
  burstMs: number | null;
  /** Heights at which somebody left. */
  left: readonly number[];
  colour: string;
};
type Point = { x: number; y: number };

const SAMPLES = 96;
const LEAST_SPAN_MS = 8_000;
const LEAST_TOP = 1.9;
const BURST_MS = 900;
const SPARKS = 22;
const RED = "#ff5d73";
const MARGIN = { left: 58, right: 36, top: 30, bottom: 34 };

/** The curve on its canvas: everything is computed from the run's millisecond, nothing is kept. */
export class Curve {
  private context: CanvasRenderingContext2D;
  private width = 0;
  private height = 0;
  private span = LEAST_SPAN_MS;
  private top = LEAST_TOP;

  constructor(
    private canvas: HTMLCanvasElement,
    private ink: () => string,
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

  draw(scene: Scene): void {
    if (this.width === 0 || this.height === 0) return;
    const runMs = Math.max(scene.runMs, 0);
    this.span = Math.max(runMs * 1.08, LEAST_SPAN_MS);
    this.top = Math.max((heightAt(runMs) - 1) * 1.16 + 1, LEAST_TOP);
    this.context.clearRect(0, 0, this.width, this.height);
    this.grid();
    const colour = scene.burstMs === null ? scene.colour : RED;
    if (runMs > 0) this.line(runMs, colour);
    for (const height of scene.left) this.mark(height, runMs);
    if (scene.burstMs === null) this.ship(runMs, scene.flying, colour);
    else this.burst(runMs, scene.burstMs);
  }

  private at(ms: number, height = heightAt(ms)): Point {
    const { left, right, top, bottom } = MARGIN;
    return {
      x: left + (ms / this.span) * (this.width - left - right),
      y: this.height - bottom - ((height - 1) / (this.top - 1)) * (this.height - top - bottom),
    };
  }

  private grid(): void {
    const { context } = this;
    context.font = "600 11px 'Figtree Variable', system-ui, sans-serif";
    context.fillStyle = context.strokeStyle = this.ink();
    context.lineWidth = 1;
    const rise = niceStep((this.top - 1) / 4);
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (let height = 1; height <= this.top; height += rise) {
      const { y } = this.at(0, height);
      context.globalAlpha = height === 1 ? 0.3 : 0.1;
      stroke(context, MARGIN.left - 14, y, this.width - 8, y);
      context.globalAlpha = 0.55;
      context.fillText(`${height.toFixed(rise < 1 ? 1 : 0)}×`, MARGIN.left - 20, y);
    }
    const step = niceStep(this.span / 5_000) * 1_000;
    context.textAlign = "center";
    context.textBaseline = "top";
    for (let ms = step; ms < this.span; ms += step) {
      context.globalAlpha = 0.55;
      context.fillText(`${Math.round(ms / 1_000)} s`, this.at(ms, 1).x, this.height - MARGIN.bottom + 14);
    }
    context.globalAlpha = 1;
  }

  private trace(runMs: number): void {
    this.context.beginPath();
    for (let step = 0; step <= SAMPLES; step += 1) {
      const { x, y } = this.at((runMs * step) / SAMPLES);
      this.context.lineTo(x, y);
    }
  }

  private line(runMs: number, colour: string): void {
    const { context } = this;
    const head = this.at(runMs);
    const ground = this.height - MARGIN.bottom;
    const shade = context.createLinearGradient(0, head.y, 0, ground);
    shade.addColorStop(0, `${colour}55`);
    shade.addColorStop(1, `${colour}00`);
    this.trace(runMs);
    context.lineTo(head.x, ground);
    context.lineTo(MARGIN.left, ground);
    context.fillStyle = shade;
    context.fill();
    const tail = context.createLinearGradient(MARGIN.left, 0, Math.max(head.x, MARGIN.left + 1), 0);
    tail.addColorStop(0, `${colour}20`);
    tail.addColorStop(1, colour);
    this.trace(runMs);
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = tail;
    context.lineWidth = 5;
    context.stroke();
  }

  private mark(height: number, runMs: number): void {
    const ms = reachedMs(height);
    if (ms > runMs) return;
    const { x, y } = this.at(ms, height);
    this.context.fillStyle = "#3dd68c";
    disc(this.context, x, y, 4.5);
    this.context.fillStyle = "#fff";
    disc(this.context, x, y, 1.8);
  }

  /** A small ship along its own curve. */
  private ship(runMs: number, flying: boolean, colour: string): void {
    const { context } = this;
    const head = this.at(runMs);
    const before = this.at(Math.max(runMs - 60, 0));
    const glow = context.createRadialGradient(head.x, head.y, 0, head.x, head.y, 46);
    glow.addColorStop(0, `${colour}88`);
    glow.addColorStop(1, `${colour}00`);
    context.fillStyle = glow;
    disc(context, head.x, head.y, 46);
    context.save();
    context.translate(head.x, head.y);
    context.rotate(runMs > 0 ? Math.atan2(head.y - before.y, head.x - before.x) : -0.2);
    if (flying) this.flame(runMs);
    context.fillStyle = "#c9254a";
    shape(context, [[-11, -4], [-19, -12], [-7, -7]]);
    shape(context, [[-11, 4], [-19, 12], [-7, 7]]);
    const hull = context.createLinearGradient(0, -8, 0, 8);
    hull.addColorStop(0, "#ffffff");
    hull.addColorStop(1, "#a3afd8");
    context.fillStyle = hull;
    context.beginPath();
    context.moveTo(20, 0);
    context.bezierCurveTo(12, -9, -2, -9, -14, -5);
    context.lineTo(-14, 5);
    context.bezierCurveTo(-2, 9, 12, 9, 20, 0);
    context.fill();
    context.fillStyle = "#33406e";
    disc(context, 4, 0, 3.4);
    context.fillStyle = "#7fd0ff";
    disc(context, 4, 0, 2.2);
    context.restore();
  }

  private flame(runMs: number): void {
    const { context } = this;
    const long = 15 + 5 * Math.sin(runMs / 23) + 3 * Math.sin(runMs / 9);
    const fire = context.createLinearGradient(-14, 0, -14 - long, 0);
    fire.addColorStop(0, "#fff3b0");
    fire.addColorStop(0.45, "#ffb340");
    fire.addColorStop(1, "#ff4d4d00");
    context.fillStyle = fire;
    shape(context, [[-13, -4.5], [-14 - long, 0], [-13, 4.5]]);
  }

  private burst(runMs: number, burstMs: number): void {
    const { context } = this;
    const head = this.at(runMs);
    const share = Math.min(burstMs / BURST_MS, 1);
    const eased = 1 - (1 - share) ** 3;
    context.globalAlpha = 1 - share;
    context.strokeStyle = "#ffd24a";
    context.lineWidth = 4 * (1 - share) + 0.5;
    context.beginPath();
    context.arc(head.x, head.y, 8 + 52 * eased, 0, 2 * Math.PI);
    context.stroke();
    for (let spark = 0; spark < SPARKS; spark += 1) {
      const angle = spark * 2.399;
      const far = eased * (26 + ((spark * 37) % 48));
      context.fillStyle = spark % 3 ? "#ff5d73" : "#ffc53d";
      disc(context, head.x + Math.cos(angle) * far, head.y + Math.sin(angle) * far + 26 * share * share, 3.4 * (1 - share) + 0.4);
    }
    context.globalAlpha = 1;
    context.fillStyle = RED;
    disc(context, head.x, head.y, 6);
  }
}

/** The least of 1, 2, 5 times a power of ten (or a half) that is not below. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const found = [1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10;
  return Math.max(found * power, 0.2);
}

function stroke(context: CanvasRenderingContext2D, fromX: number, fromY: number, toX: number, toY: number): void {
  context.beginPath();
  context.moveTo(fromX, fromY);
  context.lineTo(toX, toY);
  context.stroke();
}

function disc(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

function shape(context: CanvasRenderingContext2D, corners: readonly (readonly [number, number])[]): void {
  context.beginPath();
  for (const [x, y] of corners) context.lineTo(x, y);
  context.closePath();
  context.fill();
}
