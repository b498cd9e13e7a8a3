import { words } from "../kit/words";

export const word = words(
  {
    rules:
      "Three drills dig at the same time, each as deep as its own number lets it. Choose one of them and a target.\nWhen your drill reaches the target you are paid exactly the target, else the stake is lost. What the other two reach changes nothing.",
    which: "Your drill",
    drill: "Drill {n}",
    target: "Target multiplier",
    chance: "Win chance",
    reached: "Your drill reached {result}×.",
    ground: "Three drills in the ground",
  },
  {
    rules:
      "Drei Bohrer graben zugleich, jeder so tief, wie seine eigene Zahl ihn lässt. Wählen Sie einen davon und ein Ziel.\nErreicht Ihr Bohrer das Ziel, erhalten Sie genau das Ziel, sonst ist der Einsatz verloren. Was die beiden anderen erreichen, ändert nichts.",
    which: "Ihr Bohrer",
    drill: "Bohrer {n}",
    target: "Ziel-Multiplikator",
    chance: "Gewinnchance",
    reached: "Ihr Bohrer erreichte {result}×.",
    ground: "Drei Bohrer im Boden",
  },
);
