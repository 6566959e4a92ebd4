# SPDX-License-Identifier: MIT
#
# chatbridge. `make run` and `make test` are the two commands a newcomer needs; `make help` lists the rest.

BUILD  ?= build
CC     ?= gcc
PREFIX ?= /usr/local
PYTHON ?= /usr/bin/python3
V      ?= 0
VERSION := 0.1.0

# What the service needs, and what only the checkers need (Debian 12 package names).
PACKAGES     := gcc make pkg-config libc6-dev librdkafka-dev libmicrohttpd-dev libcurl4-openssl-dev libjansson-dev \
                libinih-dev libssl-dev libcmocka-dev curl kcat python3 python3-pytest python3-confluent-kafka
PACKAGES_KAFKA := default-jdk-headless maven
PACKAGES_DEV := clang clang-tidy clang-format cppcheck codespell shellcheck

PKGS    := rdkafka libmicrohttpd libcurl jansson libcrypto
WARN    := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wundef -Wvla \
           -Wwrite-strings -Wcast-align -Wpointer-arith -Wimplicit-fallthrough -Wswitch -Wno-missing-field-initializers
HARDEN  := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
OPT     ?= -O2 -g $(HARDEN)
# -isystem, so that a library's header is never judged by our warnings.
CPPFLAGS += -I. -D_GNU_SOURCE -DCHATBRIDGE_VERSION='"$(VERSION)"' $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
CFLAGS   += -std=gnu17 $(WARN) $(OPT) -pthread -ffile-prefix-map=$(CURDIR)=.
LDFLAGS  += $(if $(findstring fPIE,$(OPT)),-pie -Wl$(comma)-z$(comma)relro$(comma)-z$(comma)now) -pthread
LDLIBS   += $(shell pkg-config --libs $(PKGS) 2>/dev/null) -linih
comma    := ,

SOURCES  := $(wildcard bridge/*.c producers/*.c consumers/*.c)
OBJECTS  := $(SOURCES:%.c=$(BUILD)/obj/%.o)
LIBRARY  := $(BUILD)/libchatbridge.a
PROGRAMS := $(BUILD)/chatbridge $(BUILD)/chat-sandbox $(BUILD)/chat-devbroker

SANDBOX   := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard deploy/sandbox/*.c))
DEVBROKER := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard deploy/devbroker/*.c))
UNIT      := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))

Q := $(if $(filter 0,$(V)),@)
say = @$(if $(filter 0,$(V)),printf '  %-5s %s\n' $(1) $(2),:)

all: $(PROGRAMS) ## build the three programs into build/

$(BUILD)/obj/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The library holds everything but main(), so that tests and the sandbox take what they need from it.
$(LIBRARY): $(filter-out $(BUILD)/obj/bridge/main.o,$(OBJECTS))
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/chatbridge: $(BUILD)/obj/bridge/main.o $(LIBRARY)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/chat-sandbox: $(SANDBOX) $(LIBRARY)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/chat-devbroker: $(DEVBROKER) $(LIBRARY)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(LIBRARY)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# ---- what a newcomer types ----

deps: ## install the Debian packages that are missing (with sudo unless root)
	@deploy/install-packages $(PACKAGES)

deps-dev: ## install the checkers' packages too
	@deploy/install-packages $(PACKAGES_DEV)

deps-kafka: ## install a JDK and Maven if there are none
	@command -v java >/dev/null && command -v mvn >/dev/null || deploy/install-packages $(PACKAGES_KAFKA)

run: deps ## try it: embedded broker, chat sandbox and bridge; prints what to type next
	@$(MAKE) --no-print-directory all
	$(BUILD)/chatbridge dev --output $(BUILD)/dev.ini

demo: deps ## one round trip told as a story
	@$(MAKE) --no-print-directory all
	@CHATBRIDGE_BUILD=$(BUILD) deploy/demo

test: deps ## unit, sandbox and flow tests; ends with "N passed, N failed"
	@$(MAKE) --no-print-directory all unit
	@CHATBRIDGE_BUILD=$(BUILD) tests/run

unit: $(UNIT)

kafka: deps deps-kafka ## start a real Apache Kafka and print how to run the bridge on it
	@$(MAKE) --no-print-directory all
	@CHATBRIDGE_BUILD=$(BUILD) deploy/kafka/try

KAFKA_VERSIONS ?= 4.3 3.9
test-kafka: deps deps-kafka ## the flow tests on a real Apache Kafka, and what only that can show
	@$(MAKE) --no-print-directory all
	@CHATBRIDGE_BUILD=$(BUILD) tests/run $(KAFKA_VERSIONS:%=kafka-%)

# ---- what a developer types ----

# The sanitizers' build is a build of its own; its tests get three times the time.
ASAN := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
asan: deps ## the tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@CHATBRIDGE_SLOW=3 $(MAKE) --no-print-directory BUILD=$(BUILD)/asan OPT='$(ASAN)' test

FORMATTED := $(wildcard bridge/*.[ch] producers/*.[ch] consumers/*.[ch] deploy/*/*.[ch] tests/unit/*.[ch])

format: ## apply .clang-format
	clang-format -i $(FORMATTED)

lint: deps-dev ## format, warnings of gcc and clang, clang-tidy, cppcheck, banned functions, spelling, shell
	@BUILD=$(BUILD) MAKE="$(MAKE)" LINT_CPPFLAGS="$(subst ",\",$(subst ',,$(CPPFLAGS)))" .ci/lint $(FORMATTED)

layers: ## fail when an include goes against the one way of dependencies
	@.ci/layers

install: all ## install into $(PREFIX)
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin

clean: ## remove what was built
	rm -rf $(BUILD)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: all deps deps-dev deps-kafka run demo kafka test test-kafka unit asan format lint layers install clean help
