-- What the back office shows of the road.
create view reports.pulse as select * from betting.pulse;
create view reports.lane as
    select lane, owner, epoch, lease_until,
           coalesce(lease_until > clock_timestamp(), false) and owner is not null as is_owned
    from betting.lane;
grant select on reports.pulse, reports.lane to fairhouse_app;
