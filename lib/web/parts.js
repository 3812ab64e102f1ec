'use strict';
// What all of the page uses: elements, times and names as text, requests, and what this browser keeps.

const $ = id => document.getElementById(id);

/// An element with children, properties and, by names with a dash, attributes. Titles are strangers' bytes: they are put on the page
/// as text, never as markup.
function make(name, content = [], properties = {}) {
    const element = document.createElement(name);
    for (const key in properties) {
        if (key.includes('-')) element.setAttribute(key, properties[key]);
        else element[key] = properties[key];
    }
    element.append(...[content].flat().filter(part => part !== ''));
    return element;
}
/// A stranger's text: its direction is its own, and so is what its control characters turn around.
const bdi = (text, name = 'bdi') => make(name, text, {dir: 'auto'});
/// The same where there are no elements, as in a window's title. Controls go, for they could end the isolation.
const isolated = text => /^[ -~]*$/.test(text) ? text : '\u2068' + text.replace(/[\u202a-\u202e\u2066-\u2069]/g, '') + '\u2069';

const title_of = song => song.title || song.names?.[0] || 'Untitled ' + song.id.slice(0, 6);
const count_of = (n, one, many = one + 's') => n.toLocaleString('en') + ' ' + (n === 1 ? one : many);
const clock = seconds => {
    const s = Math.max(0, Math.floor(seconds) || 0), two = n => String(n).padStart(2, '0');
    return s < 3600 ? Math.floor(s / 60) + ':' + two(s % 60)
                    : Math.floor(s / 3600) + ':' + two(Math.floor(s / 60) % 60) + ':' + two(s % 60);
};

/// A cover of at most so many pixels in a box, which is empty when there is none or it does not come. It adds nothing to the
/// title beside it, so it has no text of its own.
function art(covers, px) {
    const box = make('span', [], {className: 'art'});
    const best = Math.max(...Object.keys(covers || {}).map(Number).filter(size => size <= px), 0);
    if (best) {
        const img = make('img', [], {alt: '', loading: 'lazy', decoding: 'async', src: covers[best]});
        img.onerror = () => img.remove();
        box.append(img);
    }
    return box;
}

/// An answer of the server, or an Error in words for people.
async function ask(url, method = 'GET') {
    const once = () => fetch(url, {method}).catch(() => { throw new Error('The server does not answer.'); });
    let answer = await once();
    if (await access.renewed(answer.status)) answer = await once();
    if (answer.ok) return answer;
    const why = access.refused(answer.status);
    throw new Error(why || {
        404: 'This song is no longer here.',
        429: 'That was too much at once for the server. Wait a moment, then try again.',
        502: 'The server behind this one does not answer.',
        503: 'The server is busy. Try again in a moment.',
        504: 'The server behind this one does not answer.',
    }[answer.status] || 'The server could not do that (' + answer.status + ').');
}

function toast(text) {
    $('toast').textContent = text;
    clearTimeout(toast.over);
    toast.over = setTimeout(() => { $('toast').textContent = ''; }, 4000);
}

// --- what this browser keeps, if it keeps anything

const kept = {
    read(name, otherwise) {
        try { return JSON.parse(localStorage['page.' + name]) ?? otherwise; } catch { return otherwise; }
    },
    /// @return whether it is kept; if not, people are told
    write(name, value) {
        try {
            localStorage['page.' + name] = JSON.stringify(value);
            return true;
        } catch {
            toast('This browser does not keep that.');
            return false;
        }
    },
    /// [{name, songs}], the favourites first.
    lists() {
        const lists = kept.read('lists', []), valid = list => typeof list?.name === 'string' && Array.isArray(list.songs);
        const good = Array.isArray(lists) ? lists.filter(valid) : [];
        return good[0]?.name === kept.favourites ? good : [{name: kept.favourites, songs: []}, ...good];
    },
    list: name => kept.lists().find(list => list.name === name),
    has: (name, song) => kept.list(name)?.songs.some(other => other.id === song.id) || false,
    /// Make, change or, without songs, delete a list. @return whether that is kept
    put(name, songs) {
        const lists = kept.lists(), at = lists.findIndex(list => list.name === name);
        lists.splice(at < 0 ? lists.length : at, at < 0 ? 0 : 1, ...(songs ? [{name, songs}] : []));
        return kept.write('lists', lists);
    },
    /// Put a song into a list, or take it out.
    turn(name, song) {
        const songs = kept.list(name)?.songs || [], there = kept.has(name, song);
        const written = kept.put(name, there ? songs.filter(other => other.id !== song.id) : [...songs, song]);
        if (written) toast((there ? 'Removed from ' : 'Added to ') + isolated(name) + '.');
    },
    favourites: 'Favourites',
};
