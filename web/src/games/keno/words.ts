import { words } from "../kit/words";

export const word = words(
  {
    rules:
      "Pick one to ten numbers of forty. Ten are drawn; the more of yours are among them, the more is paid.\nThe row below the numbers shows what every count of hits pays for your picks and risk. Higher risk pays more for many hits and nothing for few.",
    grid: "Numbers",
    number: "{n}: {state}",
    idle: "not picked",
    picked: "picked",
    hit: "hit",
    drawn: "drawn",
    any: "Pick any",
    clear: "Clear",
    pick_first: "Pick one to ten numbers.",
    pick_hint: "Every round plays your {n} numbers.",
    best: "Profit when all are hit ({multiplier}×)",
    hits: "{n} hits",
    came: "{n} of {picked} numbers hit: {multiplier}×.",
    key_move: "Move over the numbers",
  },
  {
    rules:
      "Wählen Sie eine bis zehn von vierzig Zahlen. Zehn werden gezogen; je mehr von Ihren dabei sind, desto mehr wird gezahlt.\nDie Reihe unter den Zahlen zeigt, was jede Zahl von Treffern bei Ihrer Auswahl und Ihrem Risiko zahlt. Mehr Risiko zahlt mehr für viele Treffer und nichts für wenige.",
    grid: "Zahlen",
    number: "{n}: {state}",
    idle: "nicht gewählt",
    picked: "gewählt",
    hit: "getroffen",
    drawn: "gezogen",
    any: "Zufällig",
    clear: "Leeren",
    pick_first: "Wählen Sie eine bis zehn Zahlen.",
    pick_hint: "Jede Runde spielt Ihre {n} Zahlen.",
    best: "Gewinn, wenn alle treffen ({multiplier}×)",
    hits: "{n} Treffer",
    came: "{n} von {picked} Zahlen getroffen: {multiplier}×.",
    key_move: "Über die Zahlen gehen",
  },
);
