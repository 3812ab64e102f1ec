# stretto: build, test and install. `make help` lists the goals.
NAME    := stretto
VERSION := 0.1.0
PREFIX  ?= /usr/local
B       ?= build
CXXFLAGS ?= -O2 -g1
FUZZ_SECONDS ?= 60
# of the tests, at the same time
TEST_JOBS ?= $(JOBS)
SOAK_SECONDS ?= 1200
TESTS ?= tests/cli/*.t tests/browser/*.t
NET_TESTS ?= tests/net/*.t
# of these, those that may run at the same time, the longest first: each takes a quarter of a core. The others measure the emulator
# itself, and a sound device
NET_TESTS_SIDE_BY_SIDE := $(patsubst %,tests/net/%.t,swarm whole play evil addresses nearest nat)
UNIT_MODULES ?= *

# the headers of hiredis are found by their folder, without its flags
PACKAGES     := libavformat libavcodec libavutil libswresample libswscale vorbis vorbisenc ogg libebur128 libarchive libcurl libnghttp2 libssl libcrypto \
                libuv zlib libmaxminddb libisal sndfile simdjson tomlplusplus libseccomp hiredis libutf8proc
DEPS_BUILD   := g++ pkg-config libavformat-dev libavcodec-dev libavutil-dev libswresample-dev libswscale-dev libvorbis-dev libogg-dev \
                libebur128-dev libarchive-dev libcurl4-openssl-dev libnghttp2-dev libssl-dev libuv1-dev zlib1g-dev libmaxminddb-dev libisal-dev libcli11-dev \
                nlohmann-json3-dev libboost-dev libsndfile1-dev libsimdjson-dev libtomlplusplus-dev libseccomp-dev libhiredis-dev libutf8proc-dev
# stretto-rtc alone has these libraries, and is built where they are: see tests/tools/rtc.sh
DEPS_RTC     := libnice10 libusrsctp-dev libglib2.0-dev
DEPS_DEMO    := ffmpeg vorbis-tools oggz-tools jq iproute2 util-linux
DEPS_BROWSER := chromium chromium-driver ffmpeg python3 sox
DEPS_TEST    := $(DEPS_DEMO) $(DEPS_BROWSER) $(DEPS_RTC) lame flac opus-tools wavpack sndfile-programs gstreamer1.0-tools gstreamer1.0-plugins-base \
                gstreamer1.0-plugins-good libboost-test-dev libsdl2-2.0-0 libxml2-utils dbus-daemon perl redis-server python3 python3-hpack python3-mutagen python3-jwt python3-cryptography strace time less man-db mandoc jq sox procps curl wget aria2 nghttp2-client mpv openssl nginx-light haproxy systemd \
                iproute2 nftables util-linux pulseaudio pulseaudio-utils sqlite3 bc tzdata xz-utils zstd git zsh fish
DEPS_BENCH   := $(DEPS_DEMO) sox curl python3 procps time nginx-light varnish wrk opentracker redis-server aria2 mpv iproute2 util-linux sqlite3 nghttp2-client openssl bc
# what large services run on: for test-engines alone
DEPS_ENGINES := radosgw ceph-mon ceph-osd ceph-common clickhouse-server redis-server haproxy
DEPS_LINT    := clang-format clang-tidy shellcheck mandoc
DEPS_DEB     := debhelper lintian fakeroot dpkg-dev debootstrap
DEPS_FUZZ    := clang-19 libclang-rt-19-dev
RTC_FOREIGN  := lib/rtc/engine.cpp lib/rtc/ice.cpp lib/rtc/association.cpp
# the rules and the decoder for browsers, and a program that runs them without one
DEPS_WEB     := clang-19 lld-19 wasi-libc libc++-19-dev-wasm32 libclang-rt-19-dev-wasm32 dpkg-dev nodejs zopfli

# What pkg-config knows, asked once: on a machine with nothing but make it is not there yet when this file is read.
ifeq ($(filter deps clean help uninstall,$(or $(MAKECMDGOALS),all)),)
include $B/config.mk
endif

LIB   := $(patsubst %.cpp,$B/%.o,$(filter-out $(if $(RTC_LIBS),,$(RTC_FOREIGN)),$(wildcard lib/*/*.cpp)))
MAIN  := $(filter-out $(if $(RTC_LIBS)$(filter uninstall,$(MAKECMDGOALS)),,cmd/rtc.cpp),$(wildcard cmd/*.cpp))
TOOLS := $(patsubst %/stretto-stretto,%/stretto,$(patsubst cmd/%.cpp,$B/bin/$(NAME)-%,$(MAIN)))
UNIT  := $(patsubst %.cpp,$B/%.o,$(wildcard tests/unit/*.cpp $(foreach m,$(UNIT_MODULES),tests/unit/$m/*.cpp)))
RTC_FUZZ := sctp_fuzz dtls_fuzz
FUZZ  := $(filter-out $(if $(RTC_LIBS),,$(RTC_FUZZ)),$(patsubst tests/fuzz/%.cpp,%,$(wildcard tests/fuzz/*_fuzz.cpp)))
BENCH := $(patsubst tests/bench/%.cpp,$B/bench/%,$(filter-out $(if $(RTC_LIBS),,tests/bench/rtc.cpp),$(wildcard tests/bench/*.cpp)))
MAN   := $(wildcard man/*)
JOBS  := $(shell nproc 2>/dev/null || echo 2)
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(JOBS)
endif

OUR_CXXFLAGS = -std=c++20 -Wall -Wextra -Wpedantic -Ilib -MMD -MP -pthread -DSTRETTO_VERSION='"$(VERSION)"' $(PACKAGE_CFLAGS)
# as needed: a tool loads only the libraries that it uses
LIBS         = -Wl,--as-needed $(PACKAGE_LIBS) -pthread

.PHONY: all web deb test-deb deps test test-tls test-engines test-apps browser demo pictures bench bench-capacity sanitize tsan built-sanitize built-tsan built-fuzz soak fuzz lint tidy install uninstall clean help
.DELETE_ON_ERROR:
.SECONDARY:

all: $(TOOLS)

help:
	@echo 'make [all]      build the tools into $B/bin'
	@echo 'make web        the page'\''s player in WebAssembly, which stretto-serve then has in it (installs clang-19)'
	@echo 'make demo       the whole system in two minutes, with real music (SONGS=dir or SONG=file: your own; KEEP=1: servers stay)'
	@echo 'make test       unit, command-line, browser and network tests (these in namespaces, as root; NET_TESTS= leaves them out)'
	@echo 'make test-apps  players and apps of others: VLC, Strawberry and a Subsonic client of npm, if they are installed'
	@echo 'make test-engines  what runs on Ceph, ClickHouse and Redis, against them (installs 400 MB)'
	@echo 'make test-tls   of these, what servers, players and the swarm do over TLS and HTTP/2'
	@echo 'make browser    of these, the page in Chromium'
	@echo 'make pictures   those in README.md anew, of the last demo'
	@echo 'make bench      speed, against what people use today'
	@echo 'make bench-capacity  machines and money for 10^4 to 2.1 x 10^7 listeners, from measured figures and a simulated crowd'
	@echo 'make sanitize   the tests again under ASan and UBSan'
	@echo 'make tsan       unit tests and those of the server and the player under TSan'
	@echo 'make soak       mixed load and clients who leave, SOAK_SECONDS (1200): memory and descriptors stay flat'
	@echo 'make fuzz       each parser, FUZZ_SECONDS each (60)'
	@echo 'make lint       format, static checks, shell scripts, man pages, layers'
	@echo 'make deps       install the Debian packages that building needs (DEPS="test lint": also those of these goals)'
	@echo 'make deb        Debian packages, in build/deb (make test-deb tries them in a Debian of their own)'
	@echo 'make install    to DESTDIR/PREFIX (/usr/local); make uninstall takes it away again'

# make reads it even for -n, which must not install packages
DRY_RUN := $(findstring n,$(filter-out ---%,$(firstword -$(MAKEFLAGS))))
TESTED  := $(if $(DRY_RUN),,$(filter test test-tls browser sanitize tsan soak,$(MAKECMDGOALS)))
$B/config.mk: Makefile $(or $(if $(TESTED),build/rtc/.there),$(wildcard build/rtc/.there)) $(if $(DRY_RUN),,$(if $(filter web deb test test-tls browser demo pictures bench sanitize tsan soak fuzz lint test-engines,$(MAKECMDGOALS)),| deps))
	@mkdir -p $B
	@sh tests/tools/deps.sh --check "$(CXX)" $(PACKAGES) -- $(DEPS_BUILD)
	@{ echo "PACKAGE_CFLAGS := $$(pkg-config --cflags $(filter-out hiredis,$(PACKAGES)))"; echo "PACKAGE_LIBS := $$(pkg-config --libs $(PACKAGES))"; sh tests/tools/rtc.sh build/rtc; } > $@

# headers of libnice, without the 87 packages of libnice-dev
build/rtc/.there: $(if $(TESTED),| deps)
	sh tests/tools/rtc.sh --get build/rtc
	@touch $@

# Each goal but `all` installs what it needs itself. `make deps` installs what building needs, and what the goals in DEPS need.
DEPS   ?=
WANTS  = $(filter $1,$(filter web deb test-deb demo test test-tls browser pictures sanitize tsan soak bench lint fuzz test-engines,$(MAKECMDGOALS) $(DEPS)))
NEEDED = $(sort $(DEPS_BUILD) $(if $(call WANTS,demo pictures),$(DEPS_DEMO) curl) \
         $(if $(call WANTS,test test-tls sanitize tsan soak),$(DEPS_TEST)) $(if $(call WANTS,browser pictures),$(DEPS_BROWSER)) $(if $(call WANTS,bench),$(DEPS_BENCH)) \
         $(if $(call WANTS,web deb test-deb test browser sanitize pictures),$(DEPS_WEB)) $(if $(call WANTS,deb test-deb),$(DEPS_DEB) $(DEPS_RTC)) $(if $(call WANTS,test-deb),sox curl oggz-tools) $(if $(call WANTS,test-engines),$(DEPS_DEMO) $(DEPS_ENGINES) sox curl python3 procps) $(if $(call WANTS,lint),$(DEPS_LINT)) $(if $(call WANTS,fuzz sanitize),$(DEPS_FUZZ)))
deps:
	@sh tests/tools/deps.sh $(NEEDED)

# The standard library's headers and Boost.Test's are parsed once (tests/README.md: by how much that is faster). Units
# include what they use all the same: builds with ccache, which would not notice what changes, and of `make web` do without.
ifeq ($(findstring ccache,$(CXX)),)
PARSED = $(patsubst %,$B/parsed/%.hpp,$(if $(filter tests/unit/%,$1),$(if $(filter %_test.cpp,$1),test),std))
endif
# g++ 12 warns of the standard library's strings and of Boost's vectors by mistake (GCC bugs 105329 and 105651)
NO_ALARMS = $(if $(findstring clang,$(CXX)),,-Wno-restrict -Wno-stringop-overread)
# what is tested is optimized, the tests are not: they run as fast
FLAGS = $(CXXFLAGS) $(NO_ALARMS) $(if $(filter $(RTC_FOREIGN),$1),$(RTC_CFLAGS)) $(if $(filter tests/unit/%,$1),-O0,$(FUZZED))

.SECONDEXPANSION:
$B/%.o: %.cpp $B/config.mk $$(addsuffix .gch,$$(call PARSED,$$*.cpp))
	@mkdir -p $(@D)
	$(CXX) $(OUR_CXXFLAGS) $(CPPFLAGS) $(call FLAGS,$<) $(addprefix -include ,$(call PARSED,$<)) -c -o $@ $<

$B/parsed/std.hpp.gch: lib/base/std.hpp
$B/parsed/test.hpp.gch: tests/unit/test.hpp $B/parsed/std.hpp.gch
$B/parsed/%.hpp.gch: | $B/config.mk
	@mkdir -p $(@D)
	cp $< $(@D)
	$(CXX) $(OUR_CXXFLAGS) $(CPPFLAGS) $(if $(filter %/test.hpp.gch,$@),$(call FLAGS,tests/unit/test.hpp),$(CXXFLAGS) $(FUZZED)) -x c++-header -o $@ $(@:.gch=)

# what the server's page is made of; with the core where there is one, or where it is to be made
CORE = $(if $(or $(wildcard build/web/core.wasm.gz),$(filter web test browser pictures,$(MAKECMDGOALS))),build/web/core.wasm)
$B/lib/edge/page.o: $(wildcard lib/web/*.html lib/web/*.css lib/web/*.js) $(addsuffix .gz,$(CORE))
$B/lib/edge/page.o: CPPFLAGS += $(if $(CORE),-DSTRETTO_CORE='"$(CORE)"')
$B/lib$(NAME).a: $(LIB)
	@rm -f $@
	$(AR) rcs $@ $^

$B/bin/$(NAME)-rtc: LIBS += $(RTC_LIBS)
$B/bin/$(NAME)-%: $B/cmd/%.o $B/lib$(NAME).a
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
$B/bin/$(NAME): $B/cmd/$(NAME).o $B/lib$(NAME).a
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$B/unit: $(UNIT) $B/lib$(NAME).a
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lvorbisfile

build/music/.there: | deps
	sh tests/tools/music.sh build/music
	@touch $@

$B/net/emulator: $B/tests/net/emulator.o
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^

# a WebRTC peer that breaks the rules
$B/net/liar: $B/tests/net/liar.o $B/lib$(NAME).a
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) $(RTC_LIBS)

# UNIT_TESTS=none, TESTS= and NET_TESTS= leave a part out
RUN = PATH=$(CURDIR)/$B/bin:$$PATH MUSIC=$(CURDIR)/build/music EMULATOR=$(CURDIR)/$B/net/emulator \
      SAME=$(CURDIR)/$B/web/same SAME_WASM=$(CURDIR)/$W/same.wasm LIAR=$(CURDIR)/$B/net/liar prove --timer
NET_ALONE = $(filter-out $(NET_TESTS_SIDE_BY_SIDE),$(wildcard $(NET_TESTS)))
NET_MANY  = $(filter $(wildcard $(NET_TESTS)),$(NET_TESTS_SIDE_BY_SIDE))
# what only the tests of WebAssembly need
OF_WEB = $(if $(filter %/wasm.t,$(wildcard $(TESTS))),$W/same.wasm $B/web/same)
test: all $(if $(filter none,$(UNIT_TESTS)),,$B/unit) $B/net/emulator $(if $(RTC_LIBS),$B/net/liar) build/music/.there $$(OF_WEB)
	$(if $(filter none,$(UNIT_TESTS)),,$B/unit $(UNIT_TESTS))
	$(if $(TESTS),$(RUN) -j$(TEST_JOBS) $(TESTS))
	# hosts in namespaces: those that measure one after the other, for they emulate networks in real time
	$(if $(NET_MANY),$(RUN) -j$(JOBS) $(NET_MANY))
	$(if $(NET_ALONE),$(RUN) $(NET_ALONE))

# over TLS, and so HTTP/2 with all who know it
TLS_TESTS := $(patsubst %,tests/cli/%.t,serve play passes peers-first)
test-tls: all build/music/.there
	STRETTO_TEST_TLS=1 $(RUN) -j$(TEST_JOBS) $(TLS_TESTS)

browser: all | deps
	PATH=$(CURDIR)/$B/bin:$$PATH prove -v tests/browser/*.t

# with what is installed of vlc-bin with vlc-plugin-base, npm, and strawberry with xvfb, xdotool and dbus-daemon
test-apps: all
	PATH=$(CURDIR)/$B/bin:$$PATH prove -v tests/apps/*.t

test-engines: all $B/net/emulator | deps
	PATH=$(CURDIR)/$B/bin:$$PATH EMULATOR=$(CURDIR)/$B/net/emulator prove -v tests/engines/*.t

demo: all $B/net/emulator build/music/.there
	@PATH=$(CURDIR)/$B/bin:$$PATH MUSIC=$(CURDIR)/build/music EMULATOR=$(CURDIR)/$B/net/emulator sh examples/demo.sh

# of what the demo left, which is run first where it has not been
pictures: all | deps
	[ -r demo/report.html ] || $(MAKE) demo
	PATH=$(CURDIR)/$B/bin:$$PATH sh tests/browser/pictures.sh examples/pictures

$B/bench/rtc: LIBS += $(RTC_LIBS)
$B/bench/%: $B/tests/bench/%.o $B/lib$(NAME).a
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

bench: all $(BENCH) $B/net/emulator build/music/.there
	@for b in tests/bench/*.sh; do PATH=$(CURDIR)/$B/bin:$(CURDIR)/$B/bench:$$PATH MUSIC=$(CURDIR)/build/music bash $$b || exit; done

bench-capacity: all
	@PATH=$(CURDIR)/$B/bin:$$PATH bash tests/bench/capacity.sh

# clang's llvm-symbolizer is a package of 73 MB more; what binutils has names the functions in traces too
ASAN_ENV = ASAN_SYMBOLIZER_PATH=/usr/bin/addr2line LSAN_OPTIONS='suppressions=$(CURDIR)/tests/tools/lsan.supp:print_suppressions=0'
# clang compiles this in two thirds of the time that g++ takes
CLANG = $(strip $(if $(findstring ccache,$(CXX)),ccache) clang++-19)
ASAN = B=$B/asan CXX='$(CLANG)' CXXFLAGS='-O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all' FUZZED=-fsanitize=fuzzer-no-link
# dozens of listeners at a time, as in tests/net, are more than instrumented programs can carry
sanitize:
	$(ASAN_ENV) $(MAKE) $(ASAN) NET_TESTS= test

# what has threads; a race ends the server, which its test sees
TSAN_MODULES := net http edge store
TSAN = B=$B/tsan CXXFLAGS='-O1 -g1 -fsanitize=thread' UNIT_MODULES='$(TSAN_MODULES)'
tsan:
	TSAN_OPTIONS='halt_on_error=1 suppressions=$(CURDIR)/tests/tools/tsan.supp' $(MAKE) $(TSAN) \
	  TESTS='tests/cli/serve.t tests/cli/serve-abuse.t tests/cli/play.t tests/cli/report-threads.t' NET_TESTS= test

# what these and fuzz need, ahead of the tests
built-sanitize:
	$(ASAN_ENV) $(MAKE) $(ASAN) all $B/asan/unit
built-tsan:
	$(MAKE) $(TSAN) all $B/tsan/unit
built-fuzz:
	$(MAKE) $(ASAN) fuzzers

soak: all
	PATH=$(CURDIR)/$B/bin:$$PATH sh tests/tools/soak.sh $(SOAK_SECONDS)

# ---- what runs in browsers: the rules and the decoder, compiled to WebAssembly from the same sources (lib/web). libogg, libvorbis
# and simdjson: their Debian source. One for all B, since no sanitizer reaches it.
W := build/web
WEB_CC    = $(if $(findstring ccache,$(CXX)),ccache) clang-19 --target=wasm32-wasi -Os -ffunction-sections -fdata-sections
WEB_CXX   = $(if $(findstring ccache,$(CXX)),ccache) clang++-19 -Oz -flto $(WEB_FLAGS) -ffunction-sections -fdata-sections
# what is thrown ends the instance: nothing of ours throws there but for lack of memory
WEB_FLAGS = --target=wasm32-wasi -stdlib=libc++ -std=c++20 -Wall -Wextra -Wpedantic -fignore-exceptions -Ilib -isystem $W/include
WEB_C    := $(addprefix libogg/src/,bitwise framing) \
            $(addprefix libvorbis/lib/,block codebook floor0 floor1 info lsp mapping0 mdct registry res0 sharedbook synthesis)
WEB_UNITS := $(filter-out lib/gather/fetching.cpp,$(wildcard lib/abr/*.cpp lib/play/*.cpp lib/gather/*.cpp lib/vorbis/*.cpp lib/web/*.cpp)) \
             $(patsubst %,lib/song/%.cpp,manifest manifest_read index path cover tags id) $(patsubst %,lib/ogg/%.cpp,page crc packets) \
             $(patsubst %,lib/swarm/%.cpp,reach endpoint announce announce_print location pass signal) \
             lib/rtc/frame.cpp lib/rtc/asks.cpp lib/rtc/room.cpp $(patsubst %,lib/http/%.cpp,message range date) lib/peer/have.cpp $(patsubst %,lib/events/%.cpp,line outbox) \
             $(patsubst %,lib/base/%.cpp,digest error json sha256 sha256_plain text)
WEB_LIB   = $(patsubst %.cpp,$W/%.o,$(WEB_UNITS)) $(patsubst %,$W/source/%.o,$(WEB_C)) $W/source/simdjson/singleheader/simdjson.o
WEB_LINK  = clang++-19 --target=wasm32-wasi -stdlib=libc++ -Wl,--gc-sections -Wl,--strip-all -Wl,-z,stack-size=262144

web: $W/core.wasm.gz

$W/source/.there: tests/tools/sources.sh $(if $(DRY_RUN),,| deps)
	sh tests/tools/sources.sh $(@D) libogg libvorbis simdjson
	@touch $@
# the headers of installed packages alone: those of this machine's C library must not be found
$W/include/.there: | $B/config.mk
	@mkdir -p $(@D)
	@for header in ogg vorbis boost simdjson.h; do ln -sfn /usr/include/$$header $(@D)/$$header || exit; done
	@touch $@
$(patsubst %,$W/source/%.o,$(WEB_C)): $W/source/.there $W/include/.there
	$(WEB_CC) -w -isystem $W/include -I$W/source/libvorbis/lib -c -o $@ $(@:.o=.c)
$W/source/simdjson/singleheader/simdjson.o: $W/source/.there $W/include/.there
	$(WEB_CXX) -w -c -o $@ $(@:.o=.cpp)
# what is hot: a hash of all that comes
$W/lib/base/sha256_plain.o: WEB_FLAGS += -O2
$W/%.o: %.cpp $W/include/.there
	@mkdir -p $(@D)
	$(WEB_CXX) -MMD -MP -c -o $@ $<
$W/core.wasm: $(WEB_LIB)
	$(WEB_LINK) -mexec-model=reactor -o $@ $^
$W/same.wasm: $W/tests/web/same.o $(filter-out $W/lib/web/core.o,$(WEB_LIB))
	$(WEB_LINK) -o $@ $^
$B/web/same: $B/tests/web/same.o $B/lib$(NAME).a
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
$W/core.wasm.gz: $W/core.wasm
	zopfli -c $< >$@

# linked with the library that the sanitized tests have: its code also counts what a fuzzer has reached
$(addprefix $B/fuzz/,$(RTC_FUZZ)): LIBS += $(RTC_LIBS)
$B/fuzz/%: $B/tests/fuzz/%.o $B/lib$(NAME).a
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS)
.PHONY: fuzzers
fuzzers: $(addprefix $B/fuzz/,$(FUZZ))

# as many at a time as there are cores
fuzz: built-fuzz
	@printf '%s\n' $(FUZZ) | xargs -P $(JOBS) -I{} sh -c 'mkdir -p $B/fuzz/new/{} && \
	  $B/asan/fuzz/{} -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=1024 -timeout=10 -verbosity=0 -print_final_stats=1 \
	    -artifact_prefix=$B/fuzz/{}- $B/fuzz/new/{} tests/fuzz/corpus/{} >$B/fuzz/{}.log 2>&1; \
	  status=$$?; echo "fuzz {}: $$(grep -h number_of_executed_units $B/fuzz/{}.log)"; \
	  [ $$status -eq 0 ] || { cat $B/fuzz/{}.log; exit 255; }'

# where there is clang-19, the units of the core are compiled, so that nobody breaks them unnoticed
lint: $B/config.mk $(if $(and $(wildcard /usr/bin/clang++-19),$(wildcard /usr/include/wasm32-wasi/c++/v1/version)),$(patsubst %.cpp,$W/%.o,$(WEB_UNITS)))
	clang-format --dry-run -Werror $(wildcard cmd/*.cpp lib/*/*.?pp tests/unit/*.cpp tests/unit/*/*.cpp tests/fuzz/*.cpp tests/bench/*.?pp tests/net/*.cpp tests/web/*.?pp)
	# tests call their functions through ok; 2016: awk and jq programs stand in single quotes
	shellcheck -S warning -x -e SC2317,SC2320,SC2016 $(wildcard tests/*.sh tests/tools/*.sh tests/cli/*.sh tests/cli/*.t tests/apps/*.t tests/browser/*.t tests/browser/*.sh tests/net/*.sh tests/net/*.t tests/engines/*.sh tests/engines/*.t tests/bench/*.sh examples/*.sh) .ci/run
	for page in $(MAN); do mandoc -T lint -W warning $$page || exit; done
	sh tests/tools/layers.sh
	@awk 'length > 100 {print FILENAME ":" FNR ": " length " columns, at most 100"; wide = 1} END {exit wide}' README.md
	@awk 'length > 140 {print FILENAME ":" FNR ": " length " columns, at most 140"; wide = 1} END {exit wide}' \
	  $(wildcard tests/*.sh tests/*/*.sh tests/*/*.t) .ci/run

# Debian packages, in build/deb
deb: | deps build/rtc/.there
	sh examples/packaging/deb.sh build/deb $(VERSION) $(DEPS_BUILD) $(DEPS_WEB) libnice-dev $(filter-out libnice10,$(DEPS_RTC))

# they are installed, run, upgraded and purged in a Debian of their own: minutes, so apart from test
test-deb: deb
	prove -v tests/packages/deb.t

# slow, so apart from lint
tidy: $B/config.mk
	printf '%s\n' $(wildcard cmd/*.cpp lib/*/*.cpp) | xargs -P $(JOBS) -n 3 sh -c 'clang-tidy --quiet "$$@" -- -std=c++20 -Ilib $(PACKAGE_CFLAGS) $(RTC_CFLAGS) 2>/dev/null' -

install: all
	install -d $(DESTDIR)$(PREFIX)/bin
	install -t $(DESTDIR)$(PREFIX)/bin $(TOOLS)
	for page in $(MAN); do install -Dm644 -t $(DESTDIR)$(PREFIX)/share/man/man$${page##*.} $$page || exit; done
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/doc/$(NAME)/examples $(filter-out %/pictures %/packaging,$(wildcard examples/*))
	install -Dm644 cmd/stretto.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/stretto
	for tool in $(filter-out stretto,$(notdir $(TOOLS))); do ln -sf stretto $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$tool || exit; done
	install -Dm644 cmd/stretto.zsh $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_stretto
	install -Dm644 cmd/stretto.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/stretto.fish
	for tool in $(filter-out stretto,$(notdir $(TOOLS))); do ln -sf stretto.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$$tool.fish || exit; done

uninstall:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/bin/,$(notdir $(TOOLS)))
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/share/bash-completion/completions/,$(notdir $(TOOLS))) $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_stretto \
	  $(addprefix $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/,$(addsuffix .fish,$(notdir $(TOOLS))))
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/$(NAME)
	for page in $(MAN); do rm -f $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}; done

clean:
	rm -rf $B

-include $(wildcard $W/lib/*/*.d $W/tests/*/*.d $B/tests/web/*.d $B/cmd/*.d $B/lib/*/*.d $B/tests/unit/*.d $B/tests/unit/*/*.d $B/tests/bench/*.d $B/tests/net/*.d $B/tests/fuzz/*.d)
