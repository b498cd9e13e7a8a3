-- Open rounds of one game, for games in which many players share a round.
create index round_open_of_game on betting.round (game, lane) where state = 'open';
