import { words } from "../kit/words";

export const word = words(
  {
    rules:
      "Put chips on the player, the banker or a tie; every chip is worth the amount you set, and all chips of a round make one bet. Whoever comes closer to nine wins; tens and faces count nothing, an ace one, and of a sum only the last digit stays.\nBoth get two cards. With 8 or 9 nobody draws. The player draws on 0 to 5; whether the banker draws depends on the player's third card.\nPlayer returns 2, banker 1.95, tie 9 times the chip. On a tie, chips on player and banker come back. Every card comes from a full deck.",
    player: "Player",
    banker: "Banker",
    tie: "Tie",
    place_first: "Put chips on player, banker or tie.",
    spots: "Spots for chips",
    spot: "{spot}, returns {pays}×: {n} chips",
    one_less: "Take a chip from {spot}",
    won: "{side} wins, {player} to {banker}",
    tied: "Tie, {player} to {banker}",
    counts: "{side}: {total}",
  },
  {
    rules:
      "Setzen Sie Chips auf Spieler, Bank oder Unentschieden; jeder Chip ist so viel wert, wie Sie einstellen, und alle Chips einer Runde sind eine Wette. Wer näher an neun kommt, gewinnt; Zehnen und Bilder zählen nichts, ein Ass eins, und von einer Summe bleibt nur die letzte Ziffer.\nBeide bekommen zwei Karten. Bei 8 oder 9 zieht niemand. Der Spieler zieht bei 0 bis 5; ob die Bank zieht, hängt von der dritten Karte des Spielers ab.\nSpieler bringt das 2-fache, Bank das 1,95-fache, Unentschieden das 9-fache des Chips. Bei Unentschieden kommen Chips auf Spieler und Bank zurück. Jede Karte kommt aus einem vollen Blatt.",
    player: "Spieler",
    banker: "Bank",
    tie: "Unentschieden",
    place_first: "Setzen Sie Chips auf Spieler, Bank oder Unentschieden.",
    spots: "Felder für Chips",
    spot: "{spot}, bringt {pays}×: {n} Chips",
    one_less: "Einen Chip von {spot} nehmen",
    won: "{side} gewinnt, {player} zu {banker}",
    tied: "Unentschieden, {player} zu {banker}",
    counts: "{side}: {total}",
  },
);
