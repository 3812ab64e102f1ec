/// What is played, in order: the songs of a list, which are taken from it as it gets longer, and songs that the listener added.
class Queue {
    constructor() { Object.assign(this, {list: {songs: []}, taken: 0, entries: [], at: -1, shuffled: false, repeat: 'off'}); }

    get song() { return this.entries[this.at]?.song; }

    /// Play a list, its song i first.
    start(list, i) {
        Object.assign(this, {list, taken: 0, entries: [], at: i});
        this.take();
        if (this.shuffled) this.shuffle(true);
    }
    /// Take what the list has got since.
    take() {
        const fresh = this.list.songs.slice(this.taken).map(song => ({song, place: this.taken++}));
        this.entries.push(...(this.shuffled && this.at < this.entries.length ? Queue.mixed(fresh) : fresh));
    }
    /// Mix all that does not play now, or put it in order again.
    shuffle(on) {
        this.shuffled = on;
        const now = this.entries[this.at];
        if (on) this.entries = [now, ...Queue.mixed(this.entries.filter(entry => entry !== now))].filter(Boolean);
        else this.entries.sort((a, b) => a.place - b.place);
        this.at = this.entries.indexOf(now);
    }
    /// Behind the song that plays and what was added before.
    add(song) {
        let i = this.at + 1;
        while (this.entries[i]?.added) ++i;
        this.entries.splice(i, 0, {song, added: true, place: (this.entries[i - 1]?.place ?? -1) + 1e-6});
    }
    remove(i) {
        this.entries.splice(i, 1);
        if (i < this.at) --this.at;
    }
    /// Which is next, or -1. @param by_itself  because the song has ended
    following(by_itself) {
        if (this.repeat === 'one' && by_itself) return this.at;
        if (this.at + 1 < this.entries.length) return this.at + 1;
        return this.repeat === 'all' && this.entries.length ? 0 : -1;
    }
    static mixed(entries) {
        const all = [...entries];
        for (let i = all.length - 1; i > 0; --i) {
            const j = Math.floor(Math.random() * (i + 1));
            [all[i], all[j]] = [all[j], all[i]];
        }
        return all;
    }
}
