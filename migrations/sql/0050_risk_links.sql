-- What accounts have in common: who was seen with which device, network, wallet, document, phone,
-- referrer or behaviour, and which accounts belong together by that.
create table risk.sighting (
    kind text not null,
    value bytea not null,
    player_id uuid not null,
    brand_id integer not null,
    first_at timestamptz not null,
    primary key (kind, value, player_id)
);
create index sighting_of_player on risk.sighting (player_id);

-- How many accounts were seen with it: above a bound it is a place where strangers meet.
create table risk.attribute (
    kind text not null,
    value bytea not null,
    holders integer not null check (holders > 0),
    primary key (kind, value)
);

create table risk.cluster_member (
    player_id uuid primary key,
    cluster_id uuid not null,
    brand_id integer not null,
    points integer not null,
    joined_at timestamptz not null
);
comment on column risk.cluster_member.cluster_id is 'The least player id of the cluster.';
create index member_of_cluster on risk.cluster_member (cluster_id);

grant select on risk.sighting, risk.attribute, risk.cluster_member
    to fairhouse_app, fairhouse_worker;
grant insert on risk.sighting to fairhouse_worker;
grant insert, update on risk.attribute to fairhouse_worker;
grant insert, update, delete on risk.cluster_member to fairhouse_worker;
