import { remembered } from "../../state/remembered";

/** A note: pitch and the pitch it slides to in Hz, when and how long in ms, its form and loudness. */
type Note = readonly [from: number, to: number, at: number, ms: number, wave: OscillatorType, gain: number];

const SOUNDS = {
  click: [[520, 380, 0, 45, "triangle", 0.16]],
  tick: [[1_500, 900, 0, 22, "square", 0.035]],
  chip: [[2_300, 1_700, 0, 35, "triangle", 0.1], [3_100, 2_500, 26, 30, "triangle", 0.06]],
  card: [[240, 90, 0, 70, "sawtooth", 0.04], [1_200, 500, 0, 34, "triangle", 0.06]],
  reveal: [[660, 880, 0, 90, "sine", 0.14], [1_320, 1_760, 30, 90, "sine", 0.05]],
  win: [[523, 523, 0, 110, "triangle", 0.15], [659, 659, 85, 110, "triangle", 0.15], [784, 784, 170, 240, "triangle", 0.17]],
  lose: [[240, 150, 0, 190, "sine", 0.16]],
  boom: [[150, 38, 0, 420, "sawtooth", 0.15], [90, 30, 0, 480, "square", 0.08]],
} as const satisfies Record<string, readonly Note[]>;

export type SoundName = keyof typeof SOUNDS;

/** Least time between two of the same, so that a fast board does not buzz. */
const APART_MS = 28;

/** Sounds made by the browser itself: no files. Silent until the player wants them. */
class Sound {
  on = $state(remembered("sound").read() === "on");
  private context: AudioContext | null = null;
  private last = new Map<SoundName, number>();

  toggle(): void {
    this.on = !this.on;
    remembered("sound").write(this.on ? "on" : "off");
    this.play("click");
  }

  /** `pitch` raises or lowers it: a ladder climbs, a ball falls. */
  play(name: SoundName, pitch = 1): void {
    const now = performance.now();
    if (!this.on || now - (this.last.get(name) ?? 0) < APART_MS) return;
    this.last.set(name, now);
    this.context ??= new AudioContext();
    void this.context.resume();
    for (const note of SOUNDS[name]) this.note(this.context, note, pitch);
  }

  private note(context: AudioContext, [from, to, at, ms, wave, loud]: Note, pitch: number): void {
    const start = context.currentTime + at / 1000;
    const end = start + ms / 1000;
    const tone = context.createOscillator();
    const gain = context.createGain();
    tone.type = wave;
    tone.frequency.setValueAtTime(from * pitch, start);
    tone.frequency.exponentialRampToValueAtTime(to * pitch, end);
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(loud, start + 0.004);
    gain.gain.exponentialRampToValueAtTime(0.0001, end);
    tone.connect(gain).connect(context.destination);
    tone.start(start);
    tone.stop(end + 0.02);
  }
}

export const sound = new Sound();
