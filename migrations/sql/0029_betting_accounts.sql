-- A player's history is found through the journal's own indexes, partition by partition. The read
-- model that followed the road (`account_entry`) cost more per bet than the bet itself: two rows,
-- two index entries and a second reading of every entry (docs/decisions/0022).
create index entry_of_player on betting.entry (cash_account, id);
create index entry_of_round on betting.entry (locked_account, id)
    where locked_account is not null;

-- Every entry's legs by account. The house's part is reached through `ledger.account`, so that
-- looking for a player's account does not read the journal for it.
create or replace view betting.leg as
    select e.cash_account as account_id, e.at, e.id, e.round_id, leg.debit, leg.credit, leg.reason
    from betting.entry e
    cross join lateral (values
        (case when e.kind in ('instant', 'open', 'step') then e.stake else 0 end, 0::bigint,
         'stake'),
        (0::bigint, case when e.kind = 'void' then e.stake else 0 end, 'void'),
        (0::bigint, e.payout, 'payout')
    ) as leg (debit, credit, reason)
    where leg.debit > 0 or leg.credit > 0
    union all
    select e.locked_account, e.at, e.id, e.round_id,
        case when e.kind in ('settle', 'void') then e.stake else 0 end,
        case when e.kind in ('open', 'step') then e.stake else 0 end,
        case when e.kind = 'void' then 'void' else 'stake' end
    from betting.entry e
    where e.locked_account is not null and e.stake > 0
    union all
    select a.id, e.at, e.id, e.round_id, leg.debit, leg.credit, leg.reason
    from ledger.account a
    join betting.entry e on e.house_account = a.id
    cross join lateral (values
        (0::bigint, e.stake, 'stake'), (e.payout, 0::bigint, 'payout')
    ) as leg (debit, credit, reason)
    where a.code = 'house_bankroll' and e.kind in ('instant', 'settle')
      and (leg.debit > 0 or leg.credit > 0);

drop function betting.legs(text, bigint, bigint, bigint, bigint, bigint);
drop table betting.account_entry;
comment on table betting.index_cursor is
    'Entries of the lane up to lane_seq are folded into player_hot.';
alter table betting.index_cursor rename to fold_cursor;
