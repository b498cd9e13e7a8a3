import { sound } from "../kit/sound.svelte";

/** One fall through the pins in the time a person likes to follow it. */
const ROW_MS = 158;
const FLASH_MS = 260;
const PIN_ROWS_FIRST = 3;

type Ball = { path: string; colour: string; hops: number[]; began: number; row: number; land: () => void };
type Flash = { x: number; y: number; at: number };

/** The pins and the balls on them, on one canvas. A ball follows the path that the server gave. */
export class Field {
  private readonly ink: CanvasRenderingContext2D;
  /** What the last frame drew, to be wiped by the next. */
  private drawn: { x: number; y: number; reach: number }[] = [];
  private balls: Ball[] = [];
  private flashes: Flash[] = [];
  private frame = 0;
  private width = 0;
  private height = 0;
  private dpr = 1;
  private rows = 16;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly pins: HTMLCanvasElement,
    private readonly colour: () => string,
  ) {
    this.ink = canvas.getContext("2d")!;
  }

  /** Pixels between two pins of a row; the buckets below are as wide. */
  get gap(): number {
    return this.width / (this.rows + PIN_ROWS_FIRST - 1);
  }

  private get drop(): number {
    return (this.height - this.top) / this.rows;
  }

  private get top(): number {
    return this.gap * 0.6 + 8;
  }

  private get pin(): number {
    return Math.max(1.8, Math.min(this.gap * 0.13, 6));
  }

  private get ball(): number {
    return Math.max(4, Math.min(this.gap * 0.25, 11));
  }

  resize(width: number, height: number, rows: number): void {
    this.dpr = Math.min(devicePixelRatio || 1, 2);
    this.width = width;
    this.height = height;
    this.rows = rows;
    for (const canvas of [this.canvas, this.pins]) {
      canvas.width = Math.round(width * this.dpr);
      canvas.height = Math.round(height * this.dpr);
    }
    this.drawn = [];
    this.drawPins();
    this.draw(performance.now());
  }

  /** Let a ball fall; done when it lies in its bucket. */
  fall(path: string, colour: string): Promise<void> {
    return new Promise((land) => {
      // How high it hops off each pin: chance of the eye only, the path is fixed.
      const hops = Array.from({ length: path.length + 1 }, () => 0.75 + Math.random() * 0.75);
      this.balls.push({ path, colour, hops, began: performance.now(), row: -1, land });
      this.wake();
    });
  }

  stop(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    for (const ball of this.balls) ball.land();
    this.balls = [];
  }

  private wake(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame((now) => this.tick(now));
  }

  private tick(now: number): void {
    this.frame = 0;
    this.draw(now);
    if (this.balls.length > 0 || this.flashes.length > 0) this.wake();
  }

  private drawPins(): void {
    if (this.width === 0) return;
    const ink = this.pins.getContext("2d")!;
    ink.setTransform(this.dpr, 0, 0, this.dpr, 0, 0);
    ink.fillStyle = this.colour();
    ink.beginPath();
    for (let row = 0; row < this.rows; row += 1) {
      const count = row + PIN_ROWS_FIRST;
      for (let pin = 0; pin < count; pin += 1) {
        const x = this.width / 2 + (pin - (count - 1) / 2) * this.gap;
        const y = this.top + row * this.drop;
        ink.moveTo(x + this.pin, y);
        ink.arc(x, y, this.pin, 0, 7);
      }
    }
    ink.fill();
  }

  private draw(now: number): void {
    const { ink } = this;
    ink.setTransform(this.dpr, 0, 0, this.dpr, 0, 0);
    for (const { x, y, reach } of this.drawn) ink.clearRect(x - reach, y - reach, 2 * reach, 2 * reach);
    this.drawn = [];
    this.drawFlashes(now);
    const landed: Ball[] = [];
    for (const ball of this.balls) if (!this.drawBall(ball, now)) landed.push(ball);
    if (landed.length === 0) return;
    this.balls = this.balls.filter((ball) => !landed.includes(ball));
    for (const ball of landed) ball.land();
  }

  private drawFlashes(now: number): void {
    this.flashes = this.flashes.filter((flash) => now - flash.at < FLASH_MS);
    for (const flash of this.flashes) {
      const share = (now - flash.at) / FLASH_MS;
      this.ink.globalAlpha = 0.55 * (1 - share);
      this.ink.fillStyle = "#fff";
      this.disc(flash.x, flash.y, this.pin * (1.1 + share * 1.5));
    }
    this.ink.globalAlpha = 1;
  }

  /** Draw a ball where it is now; false when it has landed. */
  private drawBall(ball: Ball, now: number): boolean {
    // Part 0 is the fall onto the first pin; part k leaves pin k - 1 to its side.
    const time = (now - ball.began) / ROW_MS;
    const part = Math.floor(time);
    if (part > ball.path.length) return false;
    const share = time - part;
    const x0 = this.width / 2 + this.aside(ball.path, part - 1) * this.gap;
    const x1 = this.width / 2 + this.aside(ball.path, part) * this.gap;
    const rest = this.pin + this.ball;
    const y0 = this.top + (part - 1) * this.drop - (part === 0 ? 0 : rest);
    const y1 = this.top + part * this.drop - (part === ball.path.length ? 0 : rest);
    const hop = part === 0 ? 0 : ball.hops[part]!;
    const x = x0 + (x1 - x0) * share;
    const y = y0 + (y1 - y0) * ((1 + hop) * share * share - hop * share);
    if (part > ball.row) this.hit(ball, part, x0, now);
    this.ink.fillStyle = ball.colour;
    this.disc(x, y, this.ball);
    this.ink.fillStyle = "rgb(255 255 255 / 0.55)";
    this.ink.beginPath();
    this.ink.arc(x - this.ball * 0.3, y - this.ball * 0.34, this.ball * 0.28, 0, 7);
    this.ink.fill();
    return true;
  }

  private disc(x: number, y: number, radius: number): void {
    this.ink.beginPath();
    this.ink.arc(x, y, radius, 0, 7);
    this.ink.fill();
    this.drawn.push({ x, y, reach: radius + 2 });
  }

  /** How far from the middle, in gaps, after so many turns. */
  private aside(path: string, turns: number): number {
    let found = 0;
    for (let at = 0; at < turns; at += 1) found += path[at] === "R" ? 0.5 : -0.5;
    return found;
  }

  private hit(ball: Ball, part: number, x: number, now: number): void {
    ball.row = part;
    if (part === 0) return;
    this.flashes.push({ x, y: this.top + (part - 1) * this.drop, at: now });
    sound.play("tick", 0.8 + (0.9 * part) / ball.path.length);
  }
}
