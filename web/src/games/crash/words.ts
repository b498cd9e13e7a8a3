import { words } from "../kit/words";

export const word = words(
  {
    rules:
      "Everybody plays the same round. Bet before it starts; the multiplier then grows from 1.00× until it crashes. Leave before, and you are paid your stake times what it stood at; who is still in at the crash loses the stake.\nName a multiplier for an automatic cash-out: it is paid exactly when the round reaches it, whatever happens to your connection. Your own cash-out is judged by the server's clock when it arrives; the least is 1.01×.\nWhere a round crashes is fixed by a hash chain, published before its first game, and a public beacon whose signature does not exist while bets are taken. Each round's proof is behind its number at the top. Any target is reached with a chance of 0.99 divided by it: the return is 99 % wherever you leave.",
    next: "Place your bets",
    ready: "Get ready",
    void: "Round void",
    crashed: "Crashed",
    over: "Crashed at {multiplier}×.",
    flies: "The round runs.",
    auto_hint: "Every round one bet, which leaves at your multiplier. Autobet goes on for as long as this page is open.",
    left: "Left at {multiplier}×",
    stayed: "Still in at the crash",
    at: "The round crashed at {multiplier}×",
  },
  {
    rules:
      "Alle spielen dieselbe Runde. Gesetzt wird vor dem Start; dann wächst der Multiplikator von 1,00× an, bis er abstürzt. Wer vorher aussteigt, erhält den Einsatz mal den Stand; wer beim Absturz noch dabei ist, verliert den Einsatz.\nNennen Sie einen Multiplikator zum automatischen Aussteigen: Er wird genau dann bezahlt, wenn die Runde ihn erreicht, was auch immer mit Ihrer Verbindung ist. Ihr eigener Ausstieg gilt nach der Uhr des Servers, wenn er ankommt; das Mindeste ist 1,01×.\nWo eine Runde abstürzt, legen eine Hash-Kette, veröffentlicht vor ihrem ersten Spiel, und ein öffentliches Beacon fest, dessen Signatur es beim Setzen noch nicht gibt. Der Beweis jeder Runde liegt hinter ihrer Zahl ganz oben. Jedes Ziel wird mit der Chance 0,99 geteilt durch das Ziel erreicht: Die Rückzahlung ist 99 %, wo auch immer Sie aussteigen.",
    next: "Bitte setzen",
    ready: "Gleich geht es los",
    void: "Runde ungültig",
    crashed: "Abgestürzt",
    over: "Abgestürzt bei {multiplier}×.",
    flies: "Die Runde läuft.",
    auto_hint: "Jede Runde eine Wette, die bei Ihrem Multiplikator aussteigt. Autobet läuft, solange diese Seite offen ist.",
    left: "Ausgestiegen bei {multiplier}×",
    stayed: "Beim Absturz noch dabei",
    at: "Die Runde stürzte bei {multiplier}× ab",
  },
);
