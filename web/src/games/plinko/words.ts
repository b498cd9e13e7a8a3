import { words } from "../kit/words";

export const word = words(
  {
    rules:
      "A ball falls through rows of pins. At every pin it goes left or right with the same chance, and the bucket it lands in pays its multiplier.\nMore rows and more risk move money from the middle to the edges. The path is fixed when you bet; what you see follows it.",
    rows: "Rows",
    top: "Profit at the edge ({multiplier}×)",
    landed: "Landed on {multiplier}×.",
    buckets: "Buckets",
    key_less: "Fewer rows",
    key_more: "More rows",
  },
  {
    rules:
      "Eine Kugel fällt durch Reihen von Stiften. An jedem Stift geht sie mit gleicher Chance nach links oder rechts; das Fach, in dem sie landet, zahlt seinen Multiplikator.\nMehr Reihen und mehr Risiko verschieben Geld von der Mitte an die Ränder. Der Weg steht fest, wenn Sie setzen; was Sie sehen, folgt ihm.",
    rows: "Reihen",
    top: "Gewinn am Rand ({multiplier}×)",
    landed: "Bei {multiplier}× gelandet.",
    buckets: "Fächer",
    key_less: "Weniger Reihen",
    key_more: "Mehr Reihen",
  },
);
