// The player at the foot of the page, its queue, its keys, and what the desktop shows of it.

const element = $('audio'), queue = new Queue;
let audio = element;   // what plays: the element, or the player with our rules
let core = null;
const step_s = 10;
let begin_s = 0;       // where what plays was begun, or is to begin
let turn = 0;          // counts starts, so that late answers of an earlier one are dropped
let bitrate = 0;       // kbit/s, of what plays
let chunk_ends = [];   // seconds
let looked_at = -1;    // the chunk whose cache status is told
let moving = false;    // somebody holds the position bar

/// Play a list, its song i first, from a position on.
function play(list, i, from_s = 0) {
    queue.start(list, i);
    queue_changed();
    return play_at(queue.at, from_s);
}

/// Play a list in any order.
async function play_mixed(list) {
    try { await extend(list, most_mixed); } catch (error) { return complain(error); }
    if (!list.songs.length) return;
    queue.shuffled = true;
    show_modes();
    return play(list, Math.floor(Math.random() * list.songs.length));
}

/// Have a song ready to be played from a position on.
function cue(list, from_s) {
    queue.start(list, 0);
    begin_s = Math.min(from_s, queue.song.seconds);
    introduce(queue.song);
    $('say').textContent = '';
    update();
}

/// Play entry i of the queue: with our rules, or, where they are not loaded by now, through the element to its end.
async function play_at(i, from_s = 0) {
    const mine = ++turn, before = queue.song?.id;
    queue.at = i;
    const song = queue.song;
    begin_s = from_s;
    element.removeAttribute('src');
    element.load();
    if (core?.src && !core.ready) core = null;
    if (core?.src && audio !== core) core.stop();
    audio = core?.ready ? core : element;
    stream_waits = audio === element;
    introduce(song, song.id === before);
    try {
        if (audio === core) await play_by_rules(song, from_s);
        else await play_stream(song, from_s, mine);
    } catch (error) {
        if (mine === turn && !audio.error && error.name !== 'AbortError') complain(error);
        if (mine === turn) stream_goes();
    }
}

async function play_by_rules(song, from_s) {
    const playing = core.begin(song.id, from_s, +$('wish').value);
    await Promise.all([playing, tell_next()]);
}

/// The song that follows without a gap, if there is one.
async function tell_next() {
    const mine = turn;
    await fill_queue().catch(() => {});
    if (mine === turn && audio === core) core.follow(queue.entries[queue.following(true)]?.song.id || '');
}

/// Before the last song of the queue is over, what its list goes on with.
async function fill_queue() {
    const {list} = queue;
    queue.take();
    if (queue.at + 1 < queue.entries.length || !list.next) return;
    await extend(list);
    if (list === queue.list) queue.take();
}

function queue_changed() {
    if (core) tell_next();
    if (shown.route.view === 'queue') show(shown.route);
}

function add_to_queue(song) {
    if (queue.at < 0) {
        cue({songs: [song], next: null}, 0);
        return toast('Ready to play.');
    }
    queue.add(song);
    queue_changed();
    toast('Added to the queue.');
}

/// What begins is one request, without ranges: a browser that may jump first asks for the last 64 kB of an Ogg file, to know how long it
/// is, which takes 0.5 s at 1 Mbit/s. Elsewhere, and for who jumps or loses the connection, it may; then the bitrate is settled before:
/// `auto` is answered with a redirect, and a song that changed it between two ranges would be noise.
const in_one_go = 'ranges=no';
const may_jump = () => audio !== element || !element.src.endsWith(in_one_go);

async function play_stream(song, from_s, mine, paused = false) {
    const wish = $('wish').value, kbps = wish && 'kbps=' + wish, path = '/stream/' + song.id + '?';
    let begun = from_s || paused ? null : begin_stream(path + (kbps && kbps + '&') + in_one_go);
    const stream = await ask(path + kbps, 'HEAD');
    if (mine !== turn) return;
    bitrate = +stream.headers.get('X-Bitrate') || +new URL(stream.url).searchParams.get('kbps');
    $('kbps').textContent = bitrate + ' kbit/s';
    draw_manifest(song, mine);
    look(from_s);
    if (from_s || paused) begun = begin_stream(stream.url, begin_s, paused);  // who jumps meanwhile has changed it
    await begun;
}

function begin_stream(url, from_s = 0, paused = false) {
    audio.src = url;
    audio.currentTime = from_s;
    if (paused) return stream_goes();
    const begun = audio.play();
    begun.catch(() => {});  // who waits for it may come later, or not at all
    return begun;
}
/// Another stream of the same song, in which it may jump.
function play_on(song, from_s) {
    const {paused} = element;
    begin_s = from_s;
    element.removeAttribute('src');
    element.load();
    return play_stream(song, from_s, ++turn, paused).catch(complain);
}

function introduce(song, same) {
    const title = title_of(song), [name, by] = [title, song.artist || ''].map(isolated);
    $('player').hidden = $('to-player').hidden = false;
    $('title').textContent = $('title').title = title;
    $('artist').replaceChildren(...(song.artist ? [song.artist_id ? make('a', bdi(song.artist), {href: link({artist: song.artist_id})}) : bdi(song.artist)] : []));
    $('art').replaceChildren(...art(song.covers, 600).childNodes);
    $('art').hidden = !$('art').firstChild;
    $('kbps').textContent = $('cache').textContent = $('trouble').textContent = '';
    $('say').textContent = 'Playing ' + name + (by && ' by ' + by);
    document.title = name + (by && ' – ' + by);
    looked_at = -1;
    if (!same) {
        chunk_ends = [song.seconds];
        $('chunks').replaceChildren(make('i'));
    }
    mark();
    told_s = -1;
    if (navigator.mediaSession && window.MediaMetadata)
        navigator.mediaSession.metadata = new MediaMetadata({title, artist: song.artist || '', album: song.album || '',
            artwork: Object.entries(song.covers || {}).map(([px, src]) => ({src, sizes: px + 'x' + px, type: 'image/jpeg'}))});
}

function complain(error) {
    $('trouble').textContent = error.name === 'NotAllowedError' ? 'Press play: this browser wants a key or a click first.'
                                                                : error.message;
}

element.onerror = async () => {
    const mine = turn, {code} = audio.error;
    begin_s = audio.currentTime || begin_s;
    if (code === 2 && !may_jump() && !audio.paused && begin_s) return play_on(queue.song, begin_s);
    // the element keeps the server's answer to itself: ask for it again
    const error = await ask(audio.src, 'HEAD').then(() => new Error({
        2: 'The connection broke off. Press play to go on from here.',
        3: 'The sound of this song is damaged.',
    }[code] || 'This browser could not open the song. It must be able to play Ogg Vorbis.'), error => error);
    if (mine === turn) complain(error);
};

async function draw_manifest(song, mine) {
    const manifest = await ask('/songs/' + song.id + '/manifest.json').then(answer => answer.json()).catch(() => null);
    const chunks = manifest?.renditions.find(r => r.kbps === bitrate)?.chunks;
    if (mine === turn && chunks?.length) draw_chunks(manifest.rate, chunks);
}

/// The chunks that the song is sent in. The more bytes a second, the higher; squared, because the rates differ little.
function draw_chunks(rate, chunks) {
    const rates = chunks.map(c => c.bytes / c.samples), most = Math.max(...rates);
    let samples = 0;
    chunk_ends = chunks.map(c => (samples += c.samples) / rate);
    $('chunks').className = chunks.length > 90 ? 'many' : '';
    $('chunks').replaceChildren(...chunks.map((c, k) => {
        const bar = make('i');
        bar.style.flexGrow = c.samples;
        bar.style.height = 25 + 75 * (rates[k] / most) ** 2 + '%';
        return bar;
    }));
    update();
}

/// Tell what the cache says of the chunk at a position: hit or miss and where, or that no cache is between.
async function look(seconds) {
    const end = chunk_ends.findIndex(end => seconds < end), k = end < 0 ? chunk_ends.length - 1 : end;
    if (k === looked_at) return;
    looked_at = k;
    const mine = turn, {song} = queue;
    const answer = await ask('/songs/' + song.id + '/' + bitrate + '/chunk_' + k + '.ogg', 'HEAD').catch(() => null);
    if (mine !== turn || k !== looked_at) return;
    const cache = answer?.headers.get('X-Cache'), status = answer?.headers.get('Cache-Status') || '';
    // the last member is the cache nearest to us (RFC 9211 2)
    const where = status.split(',').pop().split(';')[0].trim().replace(/^"|"$/g, '');
    $('cache').textContent = !answer ? '' : !cache ? 'from the origin' : 'cache ' + cache.toLowerCase() + (where && ' at ' + where);
    $('cache').title = status;
}

// where it may not jump, the browser guesses the length from the bitrate
const length = () => may_jump() && audio.readyState && isFinite(audio.duration) ? audio.duration : queue.song?.seconds || 0;
const position = () => audio.src ? audio.currentTime : begin_s;

function update() {
    const now = moving ? +$('seek').value : position(), all = length();
    const ranges = audio.buffered;
    let held = 0;
    for (let r = 0; r < ranges.length; ++r) if (ranges.start(r) <= now + 1) held = ranges.end(r);
    $('now').textContent = clock(now);
    $('length').textContent = clock(all);
    $('seek').max = all;
    if (!moving) $('seek').value = now;
    $('seek').setAttribute('aria-valuetext', clock(now) + ' of ' + clock(all));
    const percent = s => (all ? Math.min(100, 100 * s / all) : 0) + '%';
    $('position').style.setProperty('--at', percent(now));
    $('position').style.setProperty('--held', percent(held));
    let start = 0;
    [...$('chunks').children].forEach((bar, k) => {
        const share = t => Math.min(100, Math.max(0, 100 * (t - start) / (chunk_ends[k] - start))) + '%';
        bar.style.setProperty('--played', share(now));
        start = chunk_ends[k];
    });
    const playing = !audio.paused && !audio.ended;
    $('player').classList.toggle('playing', playing);
    $('player').classList.toggle('waiting', playing && audio.readyState < 3);
    $('toggle').setAttribute('aria-label', playing ? 'Pause' : 'Play');
    tell_desktop(playing, now, all);
}

/// What media keys and lock screens show; the position once a second, and after a jump.
let told_s = -1, told_playing = null;
function tell_desktop(playing, now, all) {
    if (!navigator.mediaSession?.setPositionState || (Math.abs(now - told_s) < 1 && playing === told_playing)) return;
    told_s = now;
    told_playing = playing;
    navigator.mediaSession.playbackState = playing ? 'playing' : 'paused';
    if (all > 0) navigator.mediaSession.setPositionState({duration: all, position: Math.min(now, all), playbackRate: 1});
}

for (const event of ['play', 'pause', 'playing', 'waiting', 'timeupdate', 'progress', 'seeking', 'durationchange', 'emptied'])
    element.addEventListener(event, update);
element.addEventListener('playing', () => { $('trouble').textContent = ''; });
element.addEventListener('timeupdate', () => { if (!audio.paused) look(audio.currentTime); });
element.addEventListener('ended', () => skip(1, true));

/// The player with our rules, if this server has it and this browser can; a song that is asked for before it is there has begun without.
function load_core(base, tracker) {
    if (!base || !window.Worker || !window.WebAssembly || !window.AudioContext || navigator.connection?.saveData) return;
    const load = (file, then) => document.head.append(Object.assign(make('script', ''), {src: base + file, onload: then}));
    core_waits = () => load('links.js', () => load('sound.js', () => {
        core_waits = () => use_core(new Sound(base, tracker));
        core_may_come();
    }));
}

/// The next step of loading it. Its 220 kB are 2 s of a link of 1 Mbit/s: they come behind the list, and behind the beginning of a song
/// that begins without it.
let core_waits = null, stream_waits = false;
function core_may_come() {
    if (!core_waits || stream_waits) return;
    const go_on = core_waits;
    core_waits = null;
    go_on();
}
function stream_goes() {
    stream_waits = false;
    core_may_come();
}
for (const event of ['canplaythrough', 'suspend', 'pause', 'error']) element.addEventListener(event, stream_goes);

const megabytes = bytes => (bytes / 1e6).toFixed(1) + ' MB';

/// Where the bytes came from, and the switch, which is off until the listener turns it on.
function offer_sharing() {
    const wish = $('share');
    try { wish.checked = localStorage.share === 'yes'; } catch { /* a browser that keeps nothing */ }
    wish.onchange = () => {
        try { localStorage.share = wish.checked ? 'yes' : 'no'; } catch { /* then for this visit */ }
        core.share(wish.checked);
    };
    $('sharing').hidden = false;
    core.addEventListener('ready', () => core.share(wish.checked));
    core.addEventListener('sources', () => {
        const {server, peers, kept, given, links} = core.sources;
        const parts = [['from the server', server], ['from listeners', peers], ['kept here', kept], ['given', given]];
        $('sources').textContent = parts.filter(([, bytes]) => bytes).map(([name, bytes]) => megabytes(bytes) + ' ' + name).join(', ');
        $('sources').title = links === 1 ? '1 listener is connected' : links + ' listeners are connected';
    });
}

function use_core(sound) {
    core = sound;
    set_volume();
    if (core.tracker && window.RTCPeerConnection) offer_sharing();
    for (const event of ['play', 'pause', 'playing', 'waiting', 'timeupdate', 'seeking']) core.addEventListener(event, update);
    core.addEventListener('playing', () => { $('trouble').textContent = ''; });
    core.addEventListener('leave', () => { if (core.src) begin_s = core.currentTime; });  // a browser may come back to this page as it was
    core.addEventListener('bitrate', () => { $('kbps').textContent = core.kbps + ' kbit/s'; });
    core.addEventListener('chunks', () => draw_chunks(core.chunks.rate, core.chunks.chunks));
    core.addEventListener('chunk', ({detail: {chunk, kbps, source, hit}}) => {
        const how = source === 'cache' ? 'kept here' : source === 'peer' ? 'from listeners' : hit ? 'cache hit' : 'from the server';
        const bar = $('chunks').children[chunk];
        $('cache').textContent = how;
        if (bar) bar.dataset.source = source, bar.title = kbps + ' kbit/s, ' + how;
    });
    core.addEventListener('error', () => {
        const {message} = core.error;
        complain(new Error(message[0].toUpperCase() + message.slice(1).replace(/\.?$/, '.')));
        update();
    });
    core.addEventListener('ended', ({detail: next}) => {
        const i = queue.following(true), song = queue.entries[i]?.song;
        if (!next || song?.id !== next) return update(), skip(1, true);
        ++turn;
        queue.at = i;
        begin_s = 0;
        introduce(song, false);
        tell_next();
    });
}

function seek(seconds) {
    if (queue.at < 0) return;
    const to = Math.min(length(), Math.max(0, seconds));
    if (!may_jump()) play_on(queue.song, to);
    else if (audio.src) audio.currentTime = to;
    else begin_s = to;
    update();
}

/// @param by_itself  the song has ended
async function skip(by, by_itself = false) {
    const mine = turn;
    if (queue.at < 0) return;
    if (by > 0) try { await fill_queue(); } catch (error) { return complain(error); }
    const i = by < 0 ? queue.at - 1 : queue.following(by_itself);
    if (mine === turn && i >= 0) play_at(i);
}

function toggle() {
    if (queue.at < 0) return shown.songs.length ? choose(0) : undefined;
    if (audio.error || !audio.src) return play_at(queue.at, position() || begin_s);
    if (audio.paused) audio.play().catch(complain);
    else audio.pause();
}

// --- shuffle, repeat, volume: as they were the last time

queue.shuffled = kept.read('shuffle', false) === true;
queue.repeat = {all: 'all', one: 'one'}[kept.read('repeat', 'off')] || 'off';
let volume = Math.min(1, Math.max(0, +kept.read('volume', 1) || 0)), muted = false;

function show_modes() {
    $('shuffle').setAttribute('aria-pressed', queue.shuffled);
    $('repeat').className = {off: '', all: 'on', one: 'on one'}[queue.repeat];
    $('repeat').setAttribute('aria-label', 'Repeat: ' + {off: 'off', all: 'all songs', one: 'this song'}[queue.repeat]);
    kept.write('shuffle', queue.shuffled);
    kept.write('repeat', queue.repeat);
}

function set_volume() {
    const level = muted ? 0 : volume ** 2;  // ears hear ratios: half the way is a quarter of the amplitude
    element.volume = level;
    if (core) core.volume = level;
    $('volume').value = volume;
    $('volume').setAttribute('aria-valuetext', Math.round(100 * volume) + ' %');
    $('mute').setAttribute('aria-pressed', muted);
}

const mute = () => { muted = !muted; set_volume(); };
$('shuffle').onclick = async () => {
    const on = !queue.shuffled, {list} = queue;
    if (on && list.next) await extend(list, most_mixed).catch(() => {});
    queue.take();
    queue.shuffle(on);
    show_modes();
    queue_changed();
};
$('repeat').onclick = () => {
    queue.repeat = {off: 'all', all: 'one', one: 'off'}[queue.repeat];
    show_modes();
    queue_changed();
};
$('mute').onclick = mute;
$('volume').oninput = () => {
    volume = +$('volume').value;
    muted = false;
    kept.write('volume', volume);
    set_volume();
};
$('heart').onclick = () => { kept.turn(kept.favourites, queue.song); changed(); };
$('about').onclick = () => open_menu(queue.song);

$('toggle').onclick = toggle;
$('previous').onclick = () => skip(-1);
$('next').onclick = () => skip(1);
$('wish').onchange = () => { if (queue.at >= 0 && audio.src) play_at(queue.at, audio.currentTime || begin_s); };
$('seek').oninput = () => { moving = true; update(); };
$('seek').onchange = () => { moving = false; seek(+$('seek').value); };
try {
    const jump = sign => ({seekOffset}) => seek(position() + sign * (seekOffset || step_s));
    const actions = {play: () => audio.paused && toggle(), pause: () => audio.paused || toggle(), previoustrack: () => skip(-1),
                     nexttrack: () => skip(1), seekto: to => seek(to.seekTime), seekbackward: jump(-1), seekforward: jump(1)};
    for (const name in actions) navigator.mediaSession.setActionHandler(name, actions[name]);
} catch { /* a browser without media keys */ }

// --- keys

function walk(by) {
    const all = rows(), here = all.indexOf(document.activeElement);
    all[Math.min(all.length - 1, Math.max(0, here + by))]?.focus();
}

const keys = {
    ' ': toggle, n: () => skip(1), p: () => skip(-1), m: mute, '/': () => { q.focus(); q.select(); },
    ArrowLeft: () => seek(position() - step_s), ArrowRight: () => seek(position() + step_s),
};
const keys_in_list = {ArrowDown: () => walk(1), ArrowUp: () => walk(-1)};
const keys_in_search = {
    ArrowDown: () => walk(1), Escape: () => q.blur(),
    Enter: async () => { await search_now(); if (shown.songs.length) choose(0); },
};
/// One-key shortcuts get in the way of those who speak to their computer (WCAG 2.1.4): they can be switched off.
const letters = $('letters');
letters.checked = kept.read('letters', true) !== false;
letters.onchange = () => kept.write('letters', letters.checked);

function key_of(event) {
    const {target, key} = event, in_song = target.classList?.contains('song');
    if (target === q) return keys_in_search[key];
    // what has keys of its own keeps them
    if (target.closest?.('dialog, select, textarea, summary, input:not(#seek, [type=checkbox])')) return null;
    if (key === ' ' && target.closest?.('button, input') && !in_song) return null;
    return (letters.checked && keys[key]) || keys_in_list[key];
}
addEventListener('keydown', event => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const act = key_of(event);
    if (!act) return;
    event.preventDefault();
    act();
});
// a button is pressed when the space bar is let go, which was play or pause already
addEventListener('keyup', event => {
    if (event.key === ' ' && letters.checked && event.target.classList?.contains('song')) event.preventDefault();
});
for (const [id, to] of [['to-list', 'main'], ['to-player', 'toggle']])
    $(id).onclick = event => { event.preventDefault(); $(to).focus(); };

history.scrollRestoration = 'manual';
show_modes();
set_volume();
load_core('{web}', '{tracker}');
go();
