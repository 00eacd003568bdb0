# One image for both processes. `docker build .` makes the image that can be bot or worker;
# `docker build --build-arg EXTRAS= -t sluice-bot .` leaves out the SageMaker SDK, which only the worker loads.
ARG PYTHON_VERSION=3.12

FROM python:${PYTHON_VERSION}-slim AS build
ARG EXTRAS=worker
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/sluice
# The dependencies come first, without the sources, so that a change of code does not install them again.
COPY pyproject.toml requirements.lock README.md LICENSE ./
RUN /opt/sluice/bin/pip install --constraint requirements.lock setuptools ".${EXTRAS:+[${EXTRAS}]}" \
    && /opt/sluice/bin/pip uninstall --yes sluice-release
COPY bot bot
COPY handlers handlers
COPY services services
RUN /opt/sluice/bin/pip install --no-deps --no-build-isolation .

FROM python:${PYTHON_VERSION}-slim
RUN useradd --system --uid 10001 --create-home --shell /usr/sbin/nologin sluice
COPY --from=build /opt/sluice /opt/sluice
ENV PATH=/opt/sluice/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /home/sluice
# SIGTERM lets the worker finish its tick and the bot its answers.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["sluice", "health"]
ENTRYPOINT ["sluice"]
CMD ["bot"]
