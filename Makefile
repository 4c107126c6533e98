# BENCH and SITE name a real bench; without them the ground is made in .ground/.
# LANGUAGE=en makes that site, which is Spanish, an English one.
# ARGS narrows the tests: make test ARGS="tests/unit -k cuit"
PYTHON ?= python3
ground = $(PYTHON) -m tests.ground.run

.PHONY: test demo clean

test demo:
	@$(ground) $@ $(if $(BENCH),--bench "$(BENCH)") $(if $(SITE),--site "$(SITE)") $(if $(LANGUAGE),--language "$(LANGUAGE)") $(if $(ARGS),--only '$(ARGS)')

clean:
	@$(ground) clean
