-- What stretto-report must say, computed by SQL from the same lines. Variables: none; table raw(line) is filled.
CREATE TABLE object AS SELECT rowid AS n, line FROM raw WHERE line LIKE '{%' AND json_valid(line);
CREATE TABLE event AS
SELECT json_extract(line,'$.event') event, json_extract(line,'$.seq') seq, json_extract(line,'$.time_ms') time_ms, json_extract(line,'$.session') session,
  json_extract(line,'$.listener') listener, json_extract(line,'$.song') song, json_extract(line,'$.heard_ms') heard_ms, json_extract(line,'$.startup_ms') startup_ms,
  json_extract(line,'$.why') why, json_extract(line,'$.bytes') bytes, json_extract(line,'$.audio_ms') audio_ms, json_extract(line,'$.used_ms') used_ms,
  json_extract(line,'$.kbps') kbps, json_extract(line,'$.source') source, json_extract(line,'$.hit') hit, json_extract(line,'$.ms') ms, json_extract(line,'$."from"') "from",
  json_extract(line,'$.artist') artist
FROM object WHERE json_type(line,'$.session')='text' AND json_type(line,'$.seq')='integer' GROUP BY json_extract(line,'$.session'), json_extract(line,'$.seq');
CREATE TABLE chunk AS SELECT *, CASE WHEN source='edge' THEN CASE WHEN hit THEN 'edge_hit' ELSE 'edge_miss' END ELSE source END src FROM event WHERE event='chunk';
CREATE TABLE session AS
SELECT session, min(listener) listener, min(song) song, min(time_ms) first_ms, max(time_ms) last_ms, min(coalesce(max(heard_ms),0), max(time_ms)-min(time_ms)) heard,
  max(CASE WHEN event='end' THEN why END) ending, sum(event='stall') stalls, sum(event='resume') resumes, sum(CASE WHEN event='resume' THEN ms ELSE 0 END) stalled,
  max(CASE WHEN event='stall' THEN time_ms END) last_stall, min(startup_ms) startup, sum(event='switch') switches, sum(CASE WHEN event='upload' THEN bytes ELSE 0 END) uploaded,
  sum(CASE WHEN event='chunk' THEN used_ms ELSE 0 END) kept, sum(event='reject') rejects
FROM event GROUP BY session;
CREATE TABLE capped AS
SELECT *, first_ms/86400000 day, max(0, min(heard, 86400000 - coalesce(sum(heard) OVER (PARTITION BY listener, first_ms/86400000 ORDER BY first_ms, session
  ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0))) counted FROM session;
CREATE TABLE play AS SELECT *, counted>=30000 OR (ending='finished' AND kept>0 AND heard>0 AND heard+1000>=kept AND counted=heard) AS play FROM capped;
CREATE TABLE waste AS SELECT s.session, sum(CASE WHEN src!='cache' THEN bytes ELSE 0 END) fetched,
  sum(CASE WHEN src!='cache' AND audio_ms>0 THEN bytes*used_ms/audio_ms ELSE 0 END) kept_bytes, sum(used_ms) kept_ms, max(s.heard) heard FROM chunk c JOIN session s USING (session) GROUP BY s.session;
CREATE TABLE started AS SELECT startup, row_number() OVER (ORDER BY startup) r, count(*) OVER () n FROM session WHERE startup IS NOT NULL;
SELECT json_object(
 'sessions', (SELECT count(*) FROM session), 'plays', (SELECT sum(play) FROM play), 'skips', (SELECT sum(ending='skipped') FROM play),
 'listeners', (SELECT count(DISTINCT listener) FROM play WHERE heard>0 OR ending='skipped'), 'heard_ms', (SELECT sum(counted) FROM play),
 'events', (SELECT count(*) FROM event), 'lines', (SELECT count(*) FROM raw WHERE line!=''),
 'torn', (SELECT count(*) FROM raw WHERE line LIKE '{%' AND NOT json_valid(line)),
 'doubled', (SELECT count(*) FROM object WHERE json_type(line,'$.session')='text') - (SELECT count(*) FROM event),
 'started', (SELECT count(*) FROM started), 'left', (SELECT count(*) FROM session WHERE startup IS NULL AND ending IS NOT 'failed'), 'failed', (SELECT count(*) FROM session WHERE ending='failed'),
 'stalls', (SELECT sum(stalls) FROM session), 'with_stall', (SELECT count(*) FROM session WHERE startup IS NOT NULL AND stalls>0),
 'stalled_ms', (SELECT sum(min(last_ms-first_ms, stalled + CASE WHEN stalls>resumes THEN max(0, last_ms-last_stall) ELSE 0 END)) FROM session),
 'switches', (SELECT sum(switches) FROM session), 'uploaded', (SELECT sum(uploaded) FROM session), 'rejects', (SELECT sum(rejects) FROM session),
 'mean_kbps', (SELECT round(1.0*sum(kbps*used_ms)/sum(used_ms), 3) FROM chunk),
 'cache', (SELECT sum(bytes) FROM chunk WHERE src='cache'), 'peer', (SELECT sum(bytes) FROM chunk WHERE src='peer'),
 'edge_hit', (SELECT sum(bytes) FROM chunk WHERE src='edge_hit'), 'edge_miss', (SELECT sum(bytes) FROM chunk WHERE src='edge_miss'),
 'songs', (SELECT json_group_array(json_array(song, p, l, s, h)) FROM (SELECT song, sum(play) p, count(DISTINCT CASE WHEN play THEN listener END) l,
    sum(ending IS 'skipped') s, sum(counted) h FROM play WHERE heard>0 OR ending='skipped' GROUP BY song ORDER BY song)),
 'days', (SELECT json_group_array(json_array(d, p, l, h)) FROM (SELECT date(day*86400,'unixepoch') d, sum(play) p, count(DISTINCT listener) l, sum(counted) h FROM play
    WHERE heard>0 OR ending='skipped' GROUP BY day ORDER BY day)),
 'edges', (SELECT json_group_array(json_array(e, b)) FROM (SELECT "from" e, sum(bytes) b FROM chunk WHERE source='edge' GROUP BY "from" ORDER BY "from")));
SELECT json_object('p50', (SELECT startup FROM started WHERE r=max(1,(n*50+99)/100)), 'p90', (SELECT startup FROM started WHERE r=max(1,(n*90+99)/100)), 'p99', (SELECT startup FROM started WHERE r=max(1,(n*99+99)/100)),
 'never_heard', (SELECT sum(fetched - CASE WHEN kept_ms>0 THEN kept_bytes*min(heard,kept_ms)/kept_ms ELSE 0 END) FROM waste));
