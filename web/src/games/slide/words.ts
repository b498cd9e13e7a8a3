import { words } from "../kit/words";

export const word = words(
  {
    rules:
      "Everybody plays the same round. Name a target and bet before the strip starts; it stops at one multiplier. Whoever named that or less is paid their target, everybody else loses the stake.\nWhere it stops is fixed by a hash chain, published before its first game, and a public beacon whose signature does not exist while bets are taken. Each round's proof is behind its number at the top; the multipliers that pass by are only for the eye.\nAny target is reached with a chance of 0.98 divided by it: the return is 98 % at every target.",
    target: "Target multiplier",
    aimed: "Target {target}×",
    next: "Place your bets",
    ready: "Get ready",
    slides: "It slides…",
    void: "Round void",
    over: "It stopped at {multiplier}×.",
    auto_hint: "Every round one bet at your target. Autobet goes on for as long as this page is open.",
    stopped: "It stopped at {multiplier}×",
  },
  {
    rules:
      "Alle spielen dieselbe Runde. Nennen Sie ein Ziel und setzen Sie, bevor das Band anläuft; es bleibt bei einem Multiplikator stehen. Wer diesen oder weniger nannte, erhält sein Ziel, alle anderen verlieren den Einsatz.\nWo es stehen bleibt, legen eine Hash-Kette, veröffentlicht vor ihrem ersten Spiel, und ein öffentliches Beacon fest, dessen Signatur es beim Setzen noch nicht gibt. Der Beweis jeder Runde liegt hinter ihrer Zahl ganz oben; die Multiplikatoren, die vorbeiziehen, sind nur für das Auge.\nJedes Ziel wird mit der Chance 0,98 geteilt durch das Ziel erreicht: Die Rückzahlung ist 98 % bei jedem Ziel.",
    target: "Ziel-Multiplikator",
    aimed: "Ziel {target}×",
    next: "Bitte setzen",
    ready: "Gleich geht es los",
    slides: "Es läuft…",
    void: "Runde ungültig",
    over: "Stehen geblieben bei {multiplier}×.",
    auto_hint: "Jede Runde eine Wette auf Ihr Ziel. Autobet läuft, solange diese Seite offen ist.",
    stopped: "Stehen geblieben bei {multiplier}×",
  },
);
