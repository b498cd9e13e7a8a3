import { words } from "../kit/words";

export const word = words(
  {
    rules:
      "Choose a difficulty and open a case. One case stops under the mark and pays the multiplier inside.\nThe chances of every case are below the belt. Harder means more empty hands, and rarer, richer cases.",
    belt: "Cases passing by",
    stopped: "The case holds {multiplier}×.",
    best: "Profit of the best case ({multiplier}×)",
  },
  {
    rules:
      "Wählen Sie eine Schwierigkeit und öffnen Sie einen Koffer. Ein Koffer hält unter der Marke und zahlt den Multiplikator darin.\nDie Chancen aller Koffer stehen unter dem Band. Schwerer heißt: öfter leere Hände, dafür seltene, reichere Koffer.",
    belt: "Vorbeiziehende Koffer",
    stopped: "Im Koffer: {multiplier}×.",
    best: "Gewinn des besten Koffers ({multiplier}×)",
  },
);
