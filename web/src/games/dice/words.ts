import { words } from "../kit/words";

export const word = words(
  {
    rules:
      "Choose a target and whether the roll shall be over or under it. The server rolls a number from 0.00 to 100.00; all 10,001 are equally likely.\nThe multiplier follows from your chance: the smaller the chance, the more a win pays. A roll exactly on the target loses.",
    multiplier: "Multiplier",
    chance: "Win chance",
    target: "Target",
    roll_over: "Roll over",
    roll_under: "Roll under",
    flip: "Target {target}; swap over and under",
    won: "Rolled {roll}: you win.",
    lost: "Rolled {roll}: you lose.",
    key_flip: "Over or under",
    key_less: "Less chance",
    key_more: "More chance",
    rolled_over: "Bet on a roll over {target}",
    rolled_under: "Bet on a roll under {target}",
  },
  {
    rules:
      "Wählen Sie ein Ziel und ob der Wurf darüber oder darunter liegen soll. Der Server würfelt eine Zahl von 0,00 bis 100,00; alle 10.001 sind gleich wahrscheinlich.\nDer Multiplikator folgt aus Ihrer Chance: je kleiner die Chance, desto mehr bringt ein Gewinn. Genau auf dem Ziel ist verloren.",
    multiplier: "Multiplikator",
    chance: "Gewinnchance",
    target: "Ziel",
    roll_over: "Wurf über",
    roll_under: "Wurf unter",
    flip: "Ziel {target}; über und unter tauschen",
    won: "{roll} gewürfelt: gewonnen.",
    lost: "{roll} gewürfelt: verloren.",
    key_flip: "Über oder unter",
    key_less: "Weniger Chance",
    key_more: "Mehr Chance",
    rolled_over: "Wette auf einen Wurf über {target}",
    rolled_under: "Wette auf einen Wurf unter {target}",
  },
);
