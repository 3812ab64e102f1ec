// What the page shows: lists of songs, albums and artists, each at an address of its own (#/albums&q=..., #/album=ID, #/song=ID&t=63).

const page_size = 50, most_mixed = 1000;

let shown = {songs: [], route: {view: 'songs', q: ''}};
const seen = new Map();  // address -> what was shown there, for the way back

function route_of(hash) {
    const fields = new URLSearchParams(hash.replace(/^#\/?/, ''));
    const view = ['albums', 'artists', 'yours', 'queue', 'album', 'artist', 'list', 'song'].find(name => fields.has(name)) || 'songs';
    return {view, id: fields.get(view) || '', q: fields.get('q') || '', t: Math.max(0, +fields.get('t')) || 0};
}
const link = fields => '#/' + new URLSearchParams(fields).toString().replace(/=(?=&|$)/g, '');

/// A list of the server, got in parts. @param kind  songs, albums or artists
const list_of = (kind, query) => ({kind, query, songs: [], next: undefined, total: null});

/// Ask for what comes after that which `list` holds; who asks meanwhile waits for the same answer.
const extend = (list, limit = page_size) => list.asking ??= ask_for_more(list, limit).finally(() => { list.asking = null; });

async function ask_for_more(list, limit) {
    if (list.next === null || !list.kind) return;
    const query = new URLSearchParams({...list.query, limit});
    if (list.kind !== 'songs') query.set('list', list.kind);
    if (list.next) query.set('after', list.next);
    const part = await (await ask('/songs?' + query)).json();
    list.songs.push(...part[list.kind]);
    list.next = part.next;
    list.total ??= part.total ?? null;
}

// --- rows and cards

function row(song, i) {
    const of_album = shown.route.view === 'album';  // whose name and artist are above
    const by = (of_album ? [song.artist !== (song.album_artist || song.artist) && song.artist] : [song.artist, song.album])
        .filter(Boolean).flatMap((text, i) => [i ? ', ' : '', bdi(text)]);
    const button = make('button', [art(song.covers, 96), bdi(title_of(song), 'b'), ' ', make('i', by), ' ', make('time', clock(song.seconds))],
                        {className: 'song', onclick: () => choose(i)});
    if (song.track) button.dataset.track = String(song.track).split('/')[0].slice(0, 4);
    const about = make('button', '⋯', {className: 'about', onclick: () => open_menu(song, i), 'aria-label': 'More about ' + isolated(title_of(song)),
                                        'aria-haspopup': 'dialog'});
    return make('li', [button, about]);
}

function card(name, below, href, covers, round) {
    const box = art(covers, 600);
    if (!box.firstChild) box.append(make('span', [...name.trim()][0] || '', {className: 'letter', 'aria-hidden': 'true'}));
    if (round) box.classList.add('round');
    return make('li', make('a', [box, bdi(name, 'b'), ' ', make('i', below)], {href}));
}
const card_of = {
    albums: album => card(album.album, [bdi(album.artist), album.date && ' · ' + album.date.slice(0, 4)], link({album: album.id}), album.covers),
    artists: artist => card(artist.artist, [artist.albums && count_of(artist.albums, 'album'), count_of(artist.songs, 'song')].filter(Boolean).join(', '),
                            link({artist: artist.id}), artist.covers, true),
    lists: list => card(list.name, count_of(list.songs.length, 'song'), link({list: list.name}), list.songs.find(song => song.covers?.[96])?.covers),
};

/// Play a row: of the queue it is a jump, otherwise what is shown becomes the queue.
function choose(i) {
    if (shown.route.view === 'queue') return play_at(i);
    play(shown.list, i, shown.route.view === 'song' ? shown.route.t : 0);
}

// --- what is shown

const rows = () => [...$('songs').querySelectorAll('.song')];

/// Bring the page in line with what is shown: rows and cards are added, never made again.
function show_list() {
    const {list, cards, route} = shown;
    shown.songs = list?.songs || [];
    const fill = (id, all, of) => {
        while ($(id).childElementCount < all.length) $(id).append(of(all[$(id).childElementCount], $(id).childElementCount));
        $(id).hidden = !all.length;
    };
    fill('songs', shown.songs, row);
    fill('cards', cards?.songs || [], card_of[cards?.kind || 'lists']);
    $('songs').className = route.view === 'album' ? 'numbered' : shown.songs.some(song => Object.keys(song.covers || {}).length) ? 'covers' : '';
    const main = list || cards, n = main.total ?? main.songs.length, kind = main.kind || (list ? 'songs' : 'lists');
    $('none').hidden = n > 0 || route.view !== 'songs' || route.q !== '';
    $('more').hidden = !main.next || !!window.IntersectionObserver;
    $('more').textContent = 'More ' + kind;
    $('more').onclick = more;
    $('count').textContent = n ? count_of(n, kind.slice(0, -1))
        : route.q ? 'Nothing here is called “' + isolated(route.q) + '”.'
        : route.view === 'songs' ? '' : 'Nothing is here yet.';
    mark();
}

/// Show in the rows what plays, and what is liked.
function mark() {
    const id = queue.song?.id, liked = new Set(kept.list(kept.favourites).songs.map(song => song.id));
    rows().forEach((row, i) => {
        const song = shown.songs[i], now = shown.route.view === 'queue' ? i === queue.at : song?.id === id;
        row.parentNode.classList.toggle('liked', liked.has(song?.id));
        if (now) row.setAttribute('aria-current', 'true');
        else row.removeAttribute('aria-current');
    });
    $('heart').setAttribute('aria-pressed', liked.has(id));
}

/// What is above a list: a name, something about it, and what can be done.
function head_of(name, about, covers, acts) {
    const box = art(covers, 600);
    return [...(box.firstChild ? [box] : []), make('div', [bdi(name, 'h2'), make('p', about), make('div', acts, {className: 'acts'})])];
}
const act = (text, onclick) => make('button', text, {onclick});
const play_acts = list => [act('Play', () => list.songs.length && play(list, 0)), act('Shuffle', () => play_mixed(list))];

/// What each view shows: {head, list, cards}: elements, a list of songs, and a list of others.
const views = {
    songs: ({q}) => ({list: list_of('songs', {q})}),
    albums: ({q}) => ({cards: list_of('albums', {q})}),
    artists: ({q}) => ({cards: list_of('artists', {q})}),
    async album({id}) {
        const list = list_of('songs', {album: id});
        await extend(list, most_mixed);
        const song = list.songs[0] || {}, by = song.album_artist || song.artist || '';
        const length = list.songs.reduce((sum, song) => sum + song.seconds, 0);
        const artist = song.artist_id ? [make('a', bdi(by), {href: link({artist: song.artist_id})}), ' · '] : [];
        const head = head_of(song.album || 'This album is no longer here.', [...artist, count_of(list.songs.length, 'song') + ', ' + clock(length)],
             list.songs.find(song => song.covers?.[96])?.covers,
             [...play_acts(list), make('a', 'Playlist file', {href: '/albums/' + encodeURIComponent(id) + '.m3u8', title: 'For mpv, VLC and other players'})]);
        return {head, list};
    },
    async artist({id}) {
        const list = list_of('songs', {artist: id}), cards = list_of('albums', {artist: id});
        await Promise.all([extend(list), extend(cards, most_mixed)]);
        const song = list.songs[0] || {};
        const head = head_of(song.album_artist || song.artist || 'This artist is no longer here.', cards.songs.length ? count_of(cards.songs.length, 'album') : '', null,
             play_acts(list));
        return {head, list, cards};
    },
    async song({id, t}) {
        const list = list_of('songs', {song: id});
        await extend(list);
        const song = list.songs[0];
        if (!song) return {list, head: head_of('This song is no longer here.', '', null, [make('a', 'All songs', {href: link({songs: ''})})])};
        const head = head_of(title_of(song), [song.artist, song.album].filter(Boolean).flatMap((text, i) => [i ? ' · ' : '', bdi(text)]), song.covers,
             [act(t ? 'Play from ' + clock(t) : 'Play', () => play(list, 0, t))]);
        if (queue.at < 0) cue(list, t);
        return {head, list};
    },
    yours: () => ({cards: {kind: 'lists', songs: kept.lists(), next: null}}),
    list({id}) {
        const kept_list = kept.list(id), list = {songs: kept_list?.songs || [], next: null};
        const gone = () => { if (kept.put(id)) location.hash = link({yours: ''}); };
        const head = head_of(id, '', list.songs.find(song => song.covers?.[96])?.covers,
             [...play_acts(list), ...(kept_list && id !== kept.favourites ? [act('Delete this playlist', gone)] : [])]);
        return {head, list};
    },
    queue: () => ({list: {songs: queue.entries.map(entry => entry.song), next: null}}),
};

/// Show what is at an address, from its beginning. What is there stays until the new list has come.
async function show(route) {
    const token = show.latest = {};
    clearTimeout(show.again);
    try {
        const found = await views[route.view](route);
        for (const list of [found.list, found.cards]) if (list?.kind && list.next === undefined) await extend(list);
        if (show.latest !== token) return;  // typed or went on meanwhile
        present({...found, route});
        setTimeout(core_may_come);  // behind a song that begins at once
        show.wait_s = 2;
        // an empty store may get songs
        if (route.view === 'songs' && !route.q && !shown.songs.length) later(() => show(route), 5);
    } catch (error) {
        if (show.latest === token) offer_again(error, () => show(route));
    }
}

function present(found) {
    if (found.route.view !== shown.route.view || found.route.id !== shown.route.id) scrollTo(0, 0);
    shown = found;
    $('head').hidden = !shown.head;
    $('head').replaceChildren(...shown.head || []);
    $('songs').replaceChildren();
    $('cards').replaceChildren();
    for (const a of $('views').querySelectorAll('a')) {
        const here = {album: 'albums', artist: 'artists', list: 'yours', song: 'songs'}[shown.route.view] || shown.route.view;
        if (route_of(a.hash).view === here) a.setAttribute('aria-current', 'page');
        else a.removeAttribute('aria-current');
    }
    show_list();
    watch_the_end();
}

function offer_again(error, again) {
    core_may_come();
    $('count').textContent = error.message;
    $('more').hidden = false;
    $('more').textContent = 'Try again';
    $('more').onclick = again;
    later(again, show.wait_s);
    show.wait_s = Math.min(30, 2 * show.wait_s);
}
show.wait_s = 2;

/// Do it in some seconds, or as soon as somebody looks.
function later(what, seconds) {
    clearTimeout(show.again);
    show.again = setTimeout(() => {
        if (document.hidden) addEventListener('visibilitychange', what, {once: true});
        else what();
    }, 1000 * seconds);
}

async function more() {
    const mine = shown;
    try {
        await extend(mine.list || mine.cards);
        if (mine === shown) show_list(), watch_the_end();
    } catch (error) {
        // from the top: the song that the next part comes after may be gone
        if (mine === shown) offer_again(error, () => show(mine.route));
    }
}

/// The list gets longer before its end is seen.
const end_seen = window.IntersectionObserver && new IntersectionObserver(([{isIntersecting}]) => {
    if (isIntersecting && (shown.list || shown.cards)?.next) more();
}, {rootMargin: '0px 0px 800px'});
function watch_the_end() {
    const last = (shown.list ? $('songs') : $('cards')).lastElementChild;
    end_seen?.disconnect();
    if (last) end_seen?.observe(last);
}

/// How many there are of each, beside their names.
async function count_all(q) {
    const token = count_all.latest = {};
    for (const a of $('views').querySelectorAll('a:has(small)')) {
        const kind = route_of(a.hash).view, list = list_of(kind, {q});
        await extend(list, 1).catch(() => {});
        if (count_all.latest !== token) return;
        a.href = link({[kind]: '', ...(q && {q})});
        a.lastChild.textContent = list.total === null ? '' : list.total.toLocaleString('en');
    }
}

// --- addresses and the search

function go() {
    const route = route_of(location.hash);
    if (document.activeElement !== q) q.value = route.q;
    const before = seen.get(location.hash);
    if (route.q !== count_all.text) count_all(count_all.text = route.q);
    if (!before || ['yours', 'list', 'queue', 'song'].includes(route.view)) return show(route);
    // the way back: as it was left
    show.latest = {};
    present(before);
    scrollTo(0, before.scrolled);
}
function leave(address) {
    seen.delete(address);
    if (shown.list || shown.cards) seen.set(address, Object.assign(shown, {scrolled: scrollY}));
    if (seen.size > 10) seen.delete(seen.keys().next().value);
}
addEventListener('hashchange', event => {
    leave(new URL(event.oldURL).hash);
    go();
});

const q = $('q');
function search_now() {
    clearTimeout(search_now.later);
    const text = q.value.trim(), {view} = route_of(location.hash), kind = ['albums', 'artists'].includes(view) ? view : 'songs';
    seen.clear();
    history.replaceState(null, '', link({[kind]: '', ...(text && {q: text})}));
    if (text !== count_all.text) count_all(count_all.text = text);
    return show(route_of(location.hash));
}
q.oninput = () => {
    clearTimeout(search_now.later);
    search_now.later = setTimeout(search_now, 150);
};

// --- what can be done with a song

function open_menu(song, i) {
    const menu = $('menu'), in_queue = shown.route.view === 'queue' && i !== undefined;
    const item = (text, act) => make('button', text, {onclick: () => { menu.close(); act(); changed(); }});
    const turn = (name, song) => item((kept.has(name, song) ? 'Remove from ' : 'Add to ') + isolated(name), () => kept.turn(name, song));
    const at_s = queue.song?.id === song.id ? Math.floor(position()) : 0;
    const name = make('input', [], {placeholder: 'New playlist', 'aria-label': 'Name of a new playlist', maxLength: 80});
    name.onkeydown = event => {
        if (event.key !== 'Enter' || !name.value.trim()) return;
        event.preventDefault();
        menu.close();
        kept.has(name.value.trim(), song) || kept.turn(name.value.trim(), song);
        changed();
    };
    menu.replaceChildren(
        make('h2', bdi(title_of(song)), {id: 'menu-title'}),
        ...(in_queue && i !== queue.at ? [item('Remove from the queue', () => { queue.remove(i); queue_changed(); })] : []),
        item('Add to the queue', () => add_to_queue(song)),
        turn(kept.favourites, song),
        item('Copy the link', () => copy_link(song, 0)),
        ...(at_s ? [item('Copy the link to ' + clock(at_s), () => copy_link(song, at_s))] : []),
        ...(song.album_id ? [item('Go to the album', () => { location.hash = link({album: song.album_id}); })] : []),
        ...(song.artist_id ? [item('Go to the artist', () => { location.hash = link({artist: song.artist_id}); })] : []),
        make('h3', 'Playlists'),
        ...kept.lists().slice(1).map(list => turn(list.name, song)), name);
    menu.showModal();
}
$('menu').onclick = event => { if (event.target === $('menu')) $('menu').close(); };

/// What the browser keeps has changed: show it.
function changed() {
    if (['yours', 'list'].includes(route_of(location.hash).view)) show(route_of(location.hash));
    else mark();
}
addEventListener('storage', changed);  // by another page of this browser

async function copy_link(song, seconds) {
    const url = new URL(link({song: song.id, ...(seconds && {t: seconds})}), location).href;
    try {
        await navigator.clipboard.writeText(url);
        toast('The link was copied.');
    } catch {  // not on plain http
        prompt('Copy this link:', url);
    }
}
